"""Letters about what happens on courses. Whoever has had enough of them meanwhile is sent none."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lms_domain.identity.letters import letter_to
from lms_domain.identity.model import User
from lms_domain.kernel import UserId
from lms_domain.mailing import Letter, LetterKind
from lms_domain.notifications.model import (
    MOST_IN_DIGEST,
    ByEmail,
    DigestId,
    NotificationId,
    NotificationKind,
    Preferences,
)
from lms_domain.notifications.ports import NotificationPorts, Told

WITH_MOMENT = {NotificationKind.ACCESS_ENDING, NotificationKind.ACCESS_ENDED, NotificationKind.INACTIVE}


async def notice_letter(ports: NotificationPorts, id: UUID) -> Letter | None:
    """About one notification, whose id the letter has."""
    told = await ports.notifications.told(NotificationId(id))
    if told is None:
        return None
    preferences = await _reader(ports, told.user_id)
    if preferences is None or preferences.of(told.kind).email is ByEmail.OFF:
        return None
    user = await ports.users.get(told.user_id)
    url = ports.links.unsubscribe(user.id, told.kind)
    return letter_to(user, id, LetterKind(told.kind), _values(ports, user, told), unsubscribe_url=url)


async def digest_letter(ports: NotificationPorts, id: UUID) -> Letter | None:
    """Of what was gathered; closed by the first who asks, so that who comes again sends the same."""
    user_id = await ports.notifications.close(DigestId(id), now=ports.clock.now())
    preferences = await _reader(ports, user_id) if user_id else None
    if user_id is None or preferences is None:
        return None
    gathered = await ports.notifications.gathered(DigestId(id), MOST_IN_DIGEST)
    wanted = [told for told in gathered if preferences.of(told.kind).email is not ByEmail.OFF]
    if not wanted:
        return None
    user = await ports.users.get(user_id)
    items = [{"kind": LetterKind(told.kind), "at": told.at, "values": _values(ports, user, told)} for told in wanted]
    values = {"name": user.full_name, "url": ports.links.page("notifications"), "items": items}
    url = ports.links.unsubscribe(user_id, LetterKind.DIGEST)
    return letter_to(user, id, LetterKind.DIGEST, values, unsubscribe_url=url)


async def _reader(ports: NotificationPorts, user_id: UserId) -> Preferences | None:
    """None where no letter arrives."""
    recipient = await ports.notifications.recipient(user_id)
    return recipient.preferences if recipient and recipient.takes_letters else None


def _written(ports: NotificationPorts, told: Told) -> Mapping[str, str]:
    """A letter is no page of the site: what leads on from there by a path alone would lead nowhere."""
    return {
        "text": ports.rendering.readdressed_markdown(told.text, ports.links.absolute),
        "html": ports.rendering.readdressed_html(told.html, ports.links.absolute),
    }


def _values(ports: NotificationPorts, user: User, told: Told) -> Mapping[str, Any]:
    path = f"courses/{told.course_slug}"
    values: dict[str, Any] = {"name": user.full_name, "course": told.course_title, "url": ports.links.page(path)}
    if told.kind is NotificationKind.ANNOUNCEMENT:
        url = ports.links.page(f"{path}/announcements")
        values |= {"title": told.title, "url": url, **_written(ports, told)}
    if told.kind in WITH_MOMENT:
        values["at"] = told.moment
    return values
