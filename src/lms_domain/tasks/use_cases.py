"""From an event in the outbox to what follows from it, each step a transaction that may be repeated."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from lms_domain import reactions
from lms_domain.feed.public import told
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.use_cases import note_refusal
from lms_domain.kernel import Event
from lms_domain.mailing import Letter, Refused
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.model import GRACE, LEASE, Claimed, Freed, Lane, PlannedTask, Task, failure
from lms_domain.tasks.ports import Carrier, TaskPorts, Written

AT_ONCE = timedelta(0)
LANES = 200  # looked at in one go: 2 to 4 ms, whatever is held in them


async def plan(ports: TaskPorts, limit: int) -> int:
    """Make tasks of what has happened, and tell it, in the feed and to webhooks; how many events there were."""
    written = await ports.outbox.unplanned(limit)
    if not written:
        return 0
    now = ports.clock.now()
    await ports.tasks.add([task for each in written for task in tasks_of(each)], now=now)
    lines = [line for each in written if (line := told(each.event))]
    await ports.feed.append(lines)
    await ports.deliveries.fan_out([line.id for line in lines], now=now)
    await ports.outbox.planned([each.seq for each in written], now=now)
    return len(written)


def tasks_of(written: Written) -> list[PlannedTask]:
    """What is done in the database is done in the order of what happened to the aggregate; letters have no order."""
    event = written.event
    return [
        PlannedTask(
            subject_id=event.id,
            reaction=name,
            queue=queue,
            seq=written.seq,
            lane=None if name == reactions.LETTER else event.aggregate_id,
            wait=reactions.WAIT_OF.get(name, AT_ONCE),
        )
        for name, queue in reactions.reactions_to(event)
    ]


async def dispatch(ports: TaskPorts, carrier: Carrier, rooms: Mapping[QueueName, int]) -> Claimed:
    """Hand on what is due, before it is marked as sent: who dies in between hands it on twice, never not at all."""
    now = ports.clock.now()
    claimed = await ports.tasks.claim(rooms, now=now, until=now + LEASE)
    if claimed.tasks:
        await carrier.send(claimed.tasks)
    return claimed


async def free_held(ports: TaskPorts, after: Lane | None) -> Freed:
    return await ports.tasks.free_held(after, LANES, now=ports.clock.now())


async def react(ports: TaskPorts, task: Task) -> bool:
    """Delivered at least once, done exactly once: that it is done commits with the effect."""
    now = ports.clock.now()
    begun = await ports.tasks.begin(task, now=now)
    if begun is None:
        return False
    await reactions.BY_NAME[task.reaction](ports, begun.event)
    if begun.has_next:
        await ports.tasks.free_next(task, now=now)
    return True


async def take(ports: TaskPorts, task: Task) -> bool:
    """Before something is done outside of the database; False: it is not ours to do.

    What takes longer than a lease must `keep` it.
    """
    now = ports.clock.now()
    until = now + min(QUEUES[task.queue].time_limit + GRACE, LEASE)
    return await ports.tasks.take(task, now=now, until=until)


async def taken_event(ports: TaskPorts, task: Task) -> Event | None:
    """The same, and about what it is."""
    return await ports.outbox.get(task.subject_id) if await take(ports, task) else None


async def keep(ports: TaskPorts, task: Task) -> None:
    await ports.tasks.keep(task, until=ports.clock.now() + LEASE)


async def letter_about(ports: TaskPorts, task: Task) -> Letter | None:
    """None: nobody need be written to, or somebody else writes."""
    if not await take(ports, task):
        return None
    letter = await _composed(ports, task)
    if letter is None:
        await ports.tasks.finish(task, now=ports.clock.now())
    return letter


async def _composed(ports: TaskPorts, task: Task) -> Letter | None:
    if compose := reactions.OTHER_LETTERS.get(task.reaction):
        return await compose(ports, task.subject_id)
    event = await ports.outbox.get(task.subject_id)
    return await reactions.LETTERS[type(event)](ports, event)


class LetterPorts(TaskPorts, IdentityPorts, Protocol): ...


async def refused(ports: LetterPorts, task: Task, letter: Letter, refusal: Refused) -> bool:
    """The address takes no letters, which is noted; there is nothing left to do."""
    await note_refusal(ports, letter.to, refusal.answer)
    return await finish(ports, task)


async def finish(ports: TaskPorts, task: Task) -> bool:
    """What was done outside is done. Who dies before this does it again, with the same id."""
    now = ports.clock.now()
    is_first = await ports.tasks.finish(task, now=now)
    await ports.tasks.free_next(task, now=now)
    return is_first


async def fail(ports: TaskPorts, task: Task, error: Exception) -> bool:
    """Try again later, or give up; whether it was given up."""
    failed = await ports.tasks.failed(task)
    if failed is None:
        return False
    now = ports.clock.now()
    outcome = failure(task.queue, failed, error, now=now, chance=secrets.randbelow(1001) / 1000)
    await ports.tasks.postpone(task, outcome, now=now)
    if outcome.until is None and (consequence := reactions.GIVEN_UP.get(task.reaction)):
        await consequence(ports, await ports.outbox.get(task.subject_id))
    await ports.tasks.free_next(task, now=now)
    return outcome.until is None
