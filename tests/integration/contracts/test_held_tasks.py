"""What is held behind a task that is out of the way is found. Runs on memory and PostgreSQL alike."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Deaf, Nowhere

from lms_adapters.postgres import tasks_claims
from lms_adapters.postgres.direct import fetch_all
from lms_domain.kernel import new_id
from lms_domain.ports import AllPorts, Database
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks import use_cases
from lms_domain.tasks.model import Failure, Freed, Lane, PlannedTask, Task
from lms_domain.tasks.ports import Tasks
from lms_domain.tasks.use_cases import dispatch
from lms_entrypoints import relay
from lms_entrypoints.container import Container
from lms_entrypoints.doors import Run
from lms_entrypoints.running import running

QUEUE, REACTION = QueueName.PROGRESS, "count_completion"
NOW = datetime.now(UTC)
ROOMS = {QUEUE: 100}


def lane(number: int) -> Lane:
    return Lane(QUEUE, REACTION, UUID(int=number))


async def planned(ports: Tasks, number: int, count: int, *, at_once: int | None = None) -> list[Task]:
    """Of one lane."""
    made = [
        PlannedTask(subject_id=new_id(), reaction=REACTION, queue=QUEUE, seq=seq, lane=lane(number).id, at_once=at_once)
        for seq in range(1, count + 1)
    ]
    await ports.add(made, now=NOW)
    return [Task(subject_id=each.subject_id, reaction=REACTION, queue=QUEUE) for each in made]


async def claimed(ports: Tasks) -> list[Task]:
    return (await ports.claim(ROOMS, now=NOW, until=NOW + timedelta(minutes=1))).tasks


async def test_lanes_are_looked_at_piece_by_piece(database: Database) -> None:
    async with database.begin() as ports:
        lanes = [await planned(ports.tasks, number, 3) for number in (1, 2, 3, 4, 5)]
        assert len(await claimed(ports.tasks)) == 5
        for first, *_ in lanes[:4]:
            await ports.tasks.finish(first, now=NOW)
        assert await ports.tasks.free_held(None, 2, now=NOW) == Freed(2, lane(2))
        assert await ports.tasks.free_held(lane(2), 2, now=NOW) == Freed(2, lane(4))
        assert await ports.tasks.free_held(lane(4), 2, now=NOW) == Freed(0, None)  # whose first is under way
        assert await ports.tasks.free_held(lane(5), 2, now=NOW) == Freed(0, None)
        assert {task.subject_id for task in await claimed(ports.tasks)} == {each[1].subject_id for each in lanes[:4]}


async def test_a_queue_with_more_under_way_than_its_window_holds_up_no_other(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several relays together hand on more than one of them may."""
    letter = PlannedTask(subject_id=new_id(), reaction="print", queue=QueueName.EMAILS, seq=1)
    rooms = {QUEUE: 100, QueueName.EMAILS: 100}
    async with database.begin() as ports:
        for number in (1, 2, 3, 4):
            await planned(ports.tasks, number, 1)
        assert len(await claimed(ports.tasks)) == 4
        await planned(ports.tasks, 5, 1)
        await ports.tasks.add([letter], now=NOW)
        monkeypatch.setitem(QUEUES, QUEUE, replace(QUEUES[QUEUE], window=2))
        [task] = (await ports.tasks.claim(rooms, now=NOW, until=NOW + timedelta(minutes=1))).tasks
        assert task.subject_id == letter.subject_id


async def test_slow_ones_have_a_window_of_their_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where others outside are waited for; and of one lane no more go at once than of it alone."""
    slow = QueueName.WEBHOOKS
    monkeypatch.setitem(QUEUES, slow, replace(QUEUES[slow], window=2))

    def planned_for(lane: int) -> PlannedTask:
        id = UUID(int=lane)
        return PlannedTask(subject_id=new_id(), reaction="tell", queue=slow, seq=lane, lane=id, at_once=2)

    async with database.begin() as ports:
        await ports.tasks.add([planned_for(1), planned_for(1)], now=NOW)
        for is_first in (True, False):
            for task in (await ports.tasks.claim({slow: 100}, now=NOW, until=NOW + timedelta(minutes=1))).tasks:
                assert await ports.tasks.take(task, now=NOW, until=NOW + timedelta(seconds=40))
                assert await ports.tasks.set_aside(task, now=NOW) == is_first
                if not is_first:
                    assert await ports.tasks.take(task, now=NOW, until=NOW + timedelta(seconds=40)) is False
        others = [planned_for(1), planned_for(2), planned_for(3), planned_for(4)]
        await ports.tasks.add(others, now=NOW)
        seen = [await ports.tasks.claim({slow: 100}, now=NOW, until=NOW + timedelta(minutes=1)) for _ in range(2)]
        assert [([task.subject_id for task in each.tasks], each.held) for each in seen] == [
            ([others[1].subject_id, others[2].subject_id], 1),  # the first has as many of its lane before it as may be
            ([], 0),
        ]


async def test_of_those_that_may_go_no_more_do_than_the_window_takes_and_the_others_are_looked_at(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What must wait for its lane takes no place from what need not."""
    monkeypatch.setitem(QUEUES, QUEUE, replace(QUEUES[QUEUE], window=2))
    async with database.begin() as ports:
        crowd = await planned(ports.tasks, 1, 5)
        await planned(ports.tasks, 2, 1)
        await planned(ports.tasks, 3, 1)
        seen = [await ports.tasks.claim(ROOMS, now=NOW, until=NOW + timedelta(minutes=1)) for _ in range(2)]
        assert [(len(each.tasks), each.held) for each in seen] == [(2, 4), (0, 0)]
        assert crowd[0] in seen[0].tasks


async def test_what_is_freed_stands_behind_what_came_before_that(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever has a long backlog would be served before all others, however few are under way of it."""
    monkeypatch.setitem(QUEUES, QUEUE, replace(QUEUES[QUEUE], window=1))
    soon, later = NOW + timedelta(seconds=1), NOW + timedelta(seconds=2)
    async with database.begin() as ports:
        first, second = await planned(ports.tasks, 1, 2)
        assert (await ports.tasks.claim(ROOMS, now=NOW, until=later + timedelta(minutes=1))).held == 1
        other = PlannedTask(subject_id=new_id(), reaction=REACTION, queue=QUEUE, seq=9, lane=lane(2).id)
        await ports.tasks.add([other], now=soon)
        await ports.tasks.finish(first, now=later)
        assert await ports.tasks.free_next(first, now=later)
        [next_one] = (await ports.tasks.claim(ROOMS, now=later, until=later + timedelta(minutes=1))).tasks
        assert next_one.subject_id == other.subject_id
        await ports.tasks.finish(next_one, now=later)
        assert (await ports.tasks.claim(ROOMS, now=later, until=later + timedelta(minutes=1))).tasks == [second]


async def test_however_many_relays_look_at_once_no_more_of_a_lane_go_than_may(container: Container) -> None:
    """Of deliveries to one webhook."""
    run = container.run()
    id, names = new_id(), QueueName.WEBHOOKS
    many = [
        PlannedTask(subject_id=new_id(), reaction="tell", queue=names, seq=seq, lane=id, at_once=5) for seq in range(60)
    ]

    async def add(ports: AllPorts) -> None:
        await ports.tasks.add(many, now=ports.clock.now())

    await run(add)
    carriers = [Nowhere() for _ in range(6)]
    claimed = await asyncio.gather(*(run(dispatch, each, {names: 10}) for each in carriers))
    assert sum(len(each.tasks) for each in carriers) == 5
    assert any(each.is_all for each in claimed)


class Asleep(Deaf):
    """Who listens hears nothing for ever."""

    async def heard(self, _: float, /) -> bool:
        await asyncio.Event().wait()
        return False


async def test_a_relay_goes_on_past_whatever_must_wait(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much of it there is, it does not pause before it has come to what need not."""
    monkeypatch.setattr(relay, "TASKS_AT_ONCE", 2)
    async with database.begin() as ports:
        crowd = await planned(ports.tasks, 1, 12)
        [other] = await planned(ports.tasks, 2, 1)
        await ports.tasks.claim({QUEUE: 1}, now=NOW, until=datetime.now(UTC) + timedelta(minutes=1))
    carrier = Expecting(1)
    async with asyncio.timeout(60), running(relay.Relay(Run(database), carrier, Asleep()).work):
        await carrier.all_came.wait()
    assert [task.subject_id for task in carrier.tasks] == [other.subject_id]
    assert other not in crowd


async def test_an_attempt_that_was_handed_on_before_it_failed_is_out_of_date(database: Database) -> None:
    """Sent again because nobody had heard of it, and done before its time otherwise."""
    later = NOW + timedelta(minutes=5)
    async with database.begin() as ports:
        await planned(ports.tasks, 1, 1)
        [stale] = await claimed(ports.tasks)
        assert await ports.tasks.failed(stale) == 1
        await ports.tasks.postpone(stale, Failure(error="x", until=later), now=NOW)
        assert await ports.tasks.take(stale, now=NOW, until=later) is False
        assert await ports.tasks.begin(stale, now=NOW) is None
        assert await claimed(ports.tasks) == []
        [again] = (await ports.tasks.claim(ROOMS, now=later, until=later + timedelta(minutes=1))).tasks
        assert (again, again.attempt) == (stale, 1)
        assert await ports.tasks.take(stale, now=later, until=later) is False
        assert await ports.tasks.take(again, now=later, until=later)


async def test_of_a_lane_that_nothing_stands_in_the_way_of_one_is_freed(database: Database) -> None:
    async with database.begin() as ports:
        first, second, third = await planned(ports.tasks, 1, 3)
        assert await claimed(ports.tasks) == [first]
        await ports.tasks.finish(first, now=NOW)
        for count in (1, 0):
            assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(count, None)
        assert await claimed(ports.tasks) == [second]
        await ports.tasks.finish(second, now=NOW)
        assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(1, None)
        assert await claimed(ports.tasks) == [third]


async def test_where_several_may_go_at_once_one_is_freed_while_fewer_do(database: Database) -> None:
    async with database.begin() as ports:
        all_of_it = await planned(ports.tasks, 1, 5, at_once=2)
        first, second = await claimed(ports.tasks)
        assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(0, None)
        await ports.tasks.finish(first, now=NOW)
        assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(1, None)
        assert await claimed(ports.tasks) == [all_of_it[2]]
        assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(0, None)
        await ports.tasks.finish(second, now=NOW)
        assert await ports.tasks.free_held(None, 9, now=NOW) == Freed(1, None)


class Expecting(Nowhere):
    def __init__(self, count: int) -> None:
        super().__init__()
        self._count, self.all_came = count, asyncio.Event()

    async def send(self, tasks: Sequence[Task], /) -> None:
        await super().send(tasks)
        if len(self.tasks) == self._count:
            self.all_came.set()


async def test_a_relay_comes_to_every_lane(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many before it are looked at in vain: what was freed there goes on holding up the rest."""
    monkeypatch.setattr(use_cases, "LANES", 2)
    monkeypatch.setattr(relay, "TIDY_SECONDS", 0.0)
    async with database.begin() as ports:
        lanes = [await planned(ports.tasks, number, 3) for number in range(1, 6)]
        for first in await claimed(ports.tasks):
            await ports.tasks.finish(first, now=NOW)
    carrier = Expecting(len(lanes))
    async with asyncio.timeout(60), running(relay.Relay(Run(database), carrier, Deaf()).work):
        await carrier.all_came.wait()
    assert {task.subject_id for task in carrier.tasks} == {second.subject_id for _, second, _ in lanes}


MANY = """
    insert into tasks (subject_id, reaction, queue, lane, at_once, seq, state, due_at, planned_at)
    select gen_random_uuid(), 'deliver', 'webhooks', cast(lpad((n % :lanes)::text, 32, '0') as uuid), 1, n,
        case when n <= :lanes then 'sent' else 'held' end, now(), now()
    from generate_series(1, :lanes * :each) n
"""


@pytest.mark.parametrize(("lanes", "each"), [(1, 2_000), (50, 40)])
async def test_a_backlog_costs_no_more_for_being_long(engine: AsyncEngine, lanes: int, each: int) -> None:
    """Of each lane that is looked at, pages of an index and a task are read, and not what is held behind it."""
    async with engine.begin() as conn:
        await conn.execute(text(MANY), {"lanes": lanes, "each": each})
        await conn.exec_driver_sql("analyze tasks")
        given = {"queue": "", "reaction": "", "lane": UUID(int=0), "most": 10, "now": NOW}
        [told] = await fetch_all(conn, f"explain (analyze, buffers, format json) {tasks_claims.FREE_HELD}", given)
    plan = told["QUERY PLAN"][0]["Plan"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20 * min(lanes + 1, 10)
