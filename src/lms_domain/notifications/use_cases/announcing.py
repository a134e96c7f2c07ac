"""The staff of a course tell its learners something."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lms_domain.kernel import Actor, CourseId, Forbidden, NotFound, must_be_current
from lms_domain.notifications.announcements import (
    MOST_A_DAY,
    Announcement,
    TooManyAnnouncements,
    clean_announcement,
    is_read_by,
)
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.ports import NotificationPorts
from lms_domain.notifications.views import AnnouncementView


async def announce(
    ports: NotificationPorts, actor: Actor, course_id: CourseId, values: Mapping[str, Any]
) -> AnnouncementView:
    (await ports.sights.of(course_id, actor.id)).must_be_run_by(actor)
    cleaned, now = clean_announcement(values), ports.clock.now()
    if await ports.announcements.count(course_id, since=now - timedelta(days=1)) >= MOST_A_DAY:
        raise TooManyAnnouncements
    html = ports.rendering.markdown_to_html(cleaned["body"])
    announcement, happened = Announcement.publish(course_id, actor.id, cleaned, html=html, now=now)
    await ports.announcements.add(announcement)
    ports.emit(*happened)
    return await _view(ports, announcement)


async def change_announcement(
    ports: NotificationPorts,
    actor: Actor,
    id: AnnouncementId,
    values: Mapping[str, Any],
    *,
    expected: int | None = None,
) -> AnnouncementView:
    """Nobody is told again: who reads it reads the new words."""
    announcement = await _held(ports, actor, id, expected)
    cleaned = clean_announcement(values)
    html = ports.rendering.markdown_to_html(cleaned["body"]) if "body" in cleaned else announcement.html
    happened = list(announcement.change(cleaned, html=html, by=actor.id, now=ports.clock.now()))
    if happened:
        await ports.announcements.save(announcement)
        ports.emit(*happened)
    return await _view(ports, announcement)


async def withdraw_announcement(
    ports: NotificationPorts, actor: Actor, id: AnnouncementId, *, expected: int | None = None
) -> None:
    announcement = await _held(ports, actor, id, expected)
    ports.emit(*announcement.withdraw(by=actor.id, now=ports.clock.now()))
    await ports.announcements.save(announcement)


async def _held(ports: NotificationPorts, actor: Actor, id: AnnouncementId, expected: int | None) -> Announcement:
    found = await ports.announcements.get(id)
    try:
        sight = await ports.sights.of(found.course_id, actor.id)
    except NotFound:  # whose details would name the course
        raise NotFound(entity="Announcement", id=id) from None
    if not sight.is_run_by(actor):
        if not is_read_by(sight, actor):
            raise NotFound(entity="Announcement", id=id)
        raise Forbidden("Only the course's instructors may do this.")
    announcement = await ports.announcements.locked(id)
    announcement.must_be_there()
    must_be_current(announcement.version, expected)
    return announcement


async def _view(ports: NotificationPorts, announcement: Announcement) -> AnnouncementView:
    author = await ports.users.get(announcement.author_id)
    return AnnouncementView.of(announcement, author.full_name)
