"""What people ask about what they were told of, and about announcements."""

from dataclasses import replace

from lms_domain.kernel import Actor, CourseId, Forbidden, NotFound, Page, PageRequest, Problem, Slice, refuse_if_any
from lms_domain.notifications.announcements import is_read_by
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.ports import NotificationReads
from lms_domain.notifications.views import (
    MOST_COUNTED,
    AnnouncementView,
    NotificationFilter,
    NotificationView,
    PreferencesView,
    UnreadCount,
)
from lms_domain.positions import NOW, position_of


async def mine(
    reads: NotificationReads, actor: Actor, only: NotificationFilter, paging: PageRequest
) -> Page[NotificationView]:
    page = await reads.notification_lists.page(actor.id, only, paging)
    return replace(page, extra={"unread": await reads.notification_lists.unread(actor.id, MOST_COUNTED)})


async def unread(reads: NotificationReads, actor: Actor) -> UnreadCount:
    return UnreadCount(unread=await reads.notification_lists.unread(actor.id, MOST_COUNTED))


async def after(reads: NotificationReads, actor: Actor, cursor: str, limit: int) -> Slice[NotificationView]:
    """Whoever goes on from the cursor of the last answer misses none, and is told none twice."""
    lists = reads.notification_lists
    last = await lists.last(actor.id)
    if cursor == NOW:
        return Slice(items=[], next_cursor=str(last), has_more=False)
    position = position_of(cursor, "after")
    if position > last:
        refuse_if_any([Problem("after", "a cursor that was given here")])
    return await lists.after(actor.id, position, limit)


async def preferences(reads: NotificationReads, actor: Actor) -> PreferencesView:
    return PreferencesView.of(await reads.notification_lists.preferences(actor.id))


async def announcements(
    reads: NotificationReads, actor: Actor, course_id: CourseId, paging: PageRequest
) -> Page[AnnouncementView]:
    sight = await reads.sights.of(course_id, actor.id)
    if not is_read_by(sight, actor):
        sight.must_be_seen_by(actor)
        raise Forbidden("Only learners of this course, and its staff, may read this.")
    return await reads.announcement_lists.page(course_id, paging)


async def announcement(reads: NotificationReads, actor: Actor, id: AnnouncementId) -> AnnouncementView:
    found = await reads.announcement_lists.one(id)
    try:
        sight = await reads.sights.of(found.course_id, actor.id)
    except NotFound:  # whose details would name the course
        raise NotFound(entity="Announcement", id=id) from None
    if not is_read_by(sight, actor):
        raise NotFound(entity="Announcement", id=id)
    return found
