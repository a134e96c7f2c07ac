"""Noting what somebody has read."""

from lms_domain.kernel import Actor, NotFound
from lms_domain.notifications.model import NotificationId
from lms_domain.notifications.ports import NotificationPorts
from lms_domain.notifications.views import MOST_COUNTED, UnreadCount
from lms_domain.positions import position_of


async def read_one(ports: NotificationPorts, actor: Actor, id: NotificationId) -> UnreadCount:
    if not await ports.notifications.mark_read(actor.id, id, now=ports.clock.now()):
        raise NotFound(entity="Notification", id=id)
    return await _unread(ports, actor)


async def read_all(ports: NotificationPorts, actor: Actor, up_to: str | None) -> UnreadCount:
    """`up_to`: the cursor of the newest one that they have seen; None: whatever there is."""
    position = None if up_to is None else position_of(up_to, "up_to")
    await ports.notifications.mark_all_read(actor.id, position, now=ports.clock.now())
    return await _unread(ports, actor)


async def _unread(ports: NotificationPorts, actor: Actor) -> UnreadCount:
    return UnreadCount(unread=await ports.notifications.unread(actor.id, MOST_COUNTED))
