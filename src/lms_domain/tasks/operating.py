"""What operators do to queues. `actor`: None at the command line."""

from collections.abc import Collection

from lms_domain.kernel import Actor, Permission, Problem, UserId, refuse_if_any
from lms_domain.queues import DeadDropped, DeadRetried, QueueName, QueuePaused, QueueResumed
from lms_domain.tasks.model import Named
from lms_domain.tasks.ports import TaskPorts
from lms_domain.tasks.views import Counted

MOST_NAMED = 1000


async def pause(ports: TaskPorts, actor: Actor | None, queue: QueueName) -> None:
    """What workers have in hand they finish; nothing else is handed on."""
    by, now = _operator(actor), ports.clock.now()
    if await ports.tasks.pause(queue, by, now=now):
        ports.emit(QueuePaused(at=now, queue=queue, by=by))


async def resume(ports: TaskPorts, actor: Actor | None, queue: QueueName) -> None:
    by, now = _operator(actor), ports.clock.now()
    if await ports.tasks.resume(queue, now=now):
        ports.emit(QueueResumed(at=now, queue=queue, by=by))


async def retry_dead(
    ports: TaskPorts, actor: Actor | None, queue: QueueName, named: Collection[Named] | None = None
) -> Counted:
    """As if they were new; all of the queue where none are named."""
    by, now = _operator(actor), ports.clock.now()
    count = await ports.tasks.revive(queue, _bounded(named), now=now)
    if count:
        ports.emit(DeadRetried(at=now, queue=queue, by=by, count=count))
    return Counted(count=count)


async def drop_dead(
    ports: TaskPorts, actor: Actor | None, queue: QueueName, named: Collection[Named] | None = None
) -> Counted:
    by, now = _operator(actor), ports.clock.now()
    count = await ports.tasks.drop(queue, _bounded(named), now=now)
    if count:
        ports.emit(DeadDropped(at=now, queue=queue, by=by, count=count))
    return Counted(count=count)


def _operator(actor: Actor | None) -> UserId | None:
    if actor is None:
        return None
    actor.must(Permission.OPERATE)
    return actor.id


def _bounded(named: Collection[Named] | None) -> Collection[Named] | None:
    if named is not None and not 1 <= len(named) <= MOST_NAMED:
        refuse_if_any([Problem("tasks", f"1 to {MOST_NAMED}, or none at all for every dead task of the queue")])
    return named
