"""Events reach their reactions: at least once delivered, exactly once done, in their order, or given up in the open."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from tests.background import a_background, handed_on

from lms_adapters.memory.ports import FixedClock, MemoryDatabase
from lms_adapters.memory.tasks import Kept
from lms_domain import reactions
from lms_domain.kernel import Event, new_id
from lms_domain.ports import AllPorts
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks import use_cases
from lms_domain.tasks.model import LEASE, TaskState
from lms_entrypoints.doors import Run

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    name = "bell.rang"
    bell_id: UUID
    number: int = 0

    @property
    def aggregate_id(self) -> UUID:
        return self.bell_id


class Listener:
    __name__ = "listen"

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.failures: dict[int, int] = {}  # by number of the event

    async def __call__(self, _: AllPorts, event: Rang) -> None:
        if self.failures.get(event.number):
            self.failures[event.number] -= 1
            raise RuntimeError("not now")
        self.heard.append(event.number)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    made = Listener()
    monkeypatch.setitem(reactions.REACTIONS, Rang, [made])
    monkeypatch.setitem(reactions.BY_NAME, "listen", made)
    return made


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def database(clock: FixedClock) -> MemoryDatabase:
    return MemoryDatabase(clock)


@pytest.fixture
def run(database: MemoryDatabase) -> Run:
    return Run(database)


async def ring(ports: AllPorts, *numbers: int, bell: UUID | None = None) -> None:
    ports.emit(*(Rang(at=ports.clock.now(), bell_id=bell or new_id(), number=number) for number in numbers))


def states(database: MemoryDatabase) -> list[TaskState]:
    kept: list[Kept] = sorted(database.store["tasks"].values(), key=lambda kept: kept.task.seq)
    return [each.state for each in kept]


async def test_an_event_reaches_its_reaction_once(listener: Listener, run: Run) -> None:
    await run(ring, 1, 2, 3)
    assert await a_background(run).drain() == 6
    assert await a_background(run).drain() == 0
    assert sorted(listener.heard) == [1, 2, 3]


async def test_a_failed_reaction_comes_again_later(listener: Listener, run: Run, clock: FixedClock) -> None:
    listener.failures = {1: 1}
    await run(ring, 1)
    await a_background(run).drain()
    assert listener.heard == []
    clock.pass_time(timedelta(seconds=1))
    await a_background(run).drain()
    assert listener.heard == [1]


async def test_what_happened_to_one_thing_keeps_its_order_while_an_earlier_event_is_tried_again(
    listener: Listener, run: Run, clock: FixedClock, database: MemoryDatabase
) -> None:
    listener.failures = {1: 1}
    await run(ring, 1, 2, 3, bell=new_id())
    await run(ring, 4)
    await a_background(run).drain()
    assert listener.heard == [4]
    assert states(database) == [TaskState.WAITING, TaskState.HELD, TaskState.HELD, TaskState.DONE]
    clock.pass_time(timedelta(seconds=1))
    await a_background(run).drain()
    assert listener.heard == [4, 1, 2, 3]


async def test_an_event_that_always_fails_is_given_up_and_those_behind_it_go_on(
    listener: Listener, run: Run, clock: FixedClock, database: MemoryDatabase
) -> None:
    listener.failures = {1: 1000}
    await run(ring, 1, 2, bell=new_id())
    attempts = QUEUES[QueueName.DEFAULT].attempts
    for _ in range(attempts * 2):
        await a_background(run).drain()
        clock.pass_time(DAY)
    assert listener.failures == {1: 1000 - attempts}
    assert listener.heard == [2]
    assert states(database) == [TaskState.DEAD, TaskState.DONE]

    listener.failures = {}
    assert await run(revive) == 1
    await a_background(run).drain()
    assert listener.heard == [2, 1]


async def revive(ports: AllPorts) -> int:
    return await ports.tasks.revive(QueueName.DEFAULT, None, now=ports.clock.now())


async def test_what_is_lost_on_the_way_is_handed_on_again_when_its_lease_is_over(
    listener: Listener, run: Run, clock: FixedClock
) -> None:
    await run(ring, 1)
    assert len(await handed_on(run)) == 1
    assert await a_background(run).drain() == 0
    clock.pass_time(LEASE)
    assert await a_background(run).drain() == 1
    assert listener.heard == [1]


async def test_what_is_brought_twice_is_done_once(listener: Listener, run: Run) -> None:
    await run(ring, 1)
    [task] = await handed_on(run)
    assert [await run(use_cases.react, task) for _ in range(2)] == [True, False]
    assert listener.heard == [1]


async def test_a_paused_queue_keeps_what_it_has_until_it_is_resumed(listener: Listener, run: Run) -> None:
    await run(pause)
    await run(ring, 1)
    assert await a_background(run).drain() == 1  # it was planned
    await run(resume)
    await a_background(run).drain()
    assert listener.heard == [1]


async def test_what_a_paused_queue_had_handed_on_is_not_done_either(listener: Listener, run: Run) -> None:
    await run(ring, 1)
    [task] = await handed_on(run)
    await run(pause)
    assert not await run(use_cases.react, task)
    await run(resume)
    await a_background(run).drain()
    assert listener.heard == [1]


async def pause(ports: AllPorts) -> None:
    await ports.tasks.pause(QueueName.DEFAULT, None, now=ports.clock.now())


async def resume(ports: AllPorts) -> None:
    await ports.tasks.resume(QueueName.DEFAULT, now=ports.clock.now())


def test_every_reaction_has_a_name_of_its_own() -> None:
    functions = {reaction for each in reactions.REACTIONS.values() for reaction in each}
    assert len({function.__name__ for function in functions}) == len(functions)
    assert reactions.LETTER not in reactions.BY_NAME
    assert reactions.QUEUE_OF.keys() <= reactions.BY_NAME.keys()
