"""Relays and workers beside each other, and without the Redis between them."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from tests.background import handed_on
from tests.integration.classroom import Classroom
from tests.integration.tasks.plant import Plant, something_happens

from lms_adapters.dramatiq.queue import NAMESPACE
from lms_adapters.postgres.bell import PgBell, PgEar
from lms_adapters.postgres.database import PgDatabase
from lms_domain.enrollments.events import CourseCompleted, EnrollmentId, Names
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Conflict, Secret, new_id
from lms_domain.organizations.model import MemberAdded
from lms_domain.ports import AllPorts
from lms_domain.queues import QUEUES, QueueName
from lms_domain.standing import OrganizationRole
from lms_domain.tasks import use_cases
from lms_entrypoints.container import Container
from lms_entrypoints.doors import Run


async def registered(run: Run, *names: str) -> None:
    for name in names:
        await run(identity.register, email=f"{name}@example.org", full_name=name, password_hash=Secret("hash"))


async def test_three_relays_and_two_workers_send_each_letter_once(run: Run, plant: Plant) -> None:
    names = [f"learner{number}" for number in range(30)]
    for _ in range(3):
        plant.fork("relay")
    for queues in ("emails,default", "emails,default,progress"):
        plant.fork("worker", "--queues", queues)
    await asyncio.gather(*(registered(run, name) for name in names))
    await plant.settled()
    assert sorted(str(message["To"]) for message in plant.post_office.messages) == sorted(
        f"{name}@example.org" for name in names
    )


async def test_what_redis_forgot_is_sent_again(run: Run, plant: Plant, redis: Redis) -> None:
    relay = plant.fork("relay")
    await registered(run, "ada")
    await plant.until(lambda: _has_messages(redis))
    await redis.flushall()
    assert relay.is_alive
    await plant.pass_time()
    plant.fork("worker")
    await plant.settled()
    assert len(plant.post_office.ids("ada@example.org")) == 1


async def test_more_than_a_window_that_redis_forgot_is_done_once(
    run: Run, room: Classroom, plant: Plant, redis: Redis
) -> None:
    """Several relays have filled it, or more than that, since they look at the same moment."""
    count, window = 600, QUEUES[QueueName.PROGRESS].window

    async def completed(ports: AllPorts) -> None:
        for _ in range(count):
            ports.emit(CourseCompleted(at=ports.clock.now(), **_names(room)))

    async def is_full() -> bool:
        return await plant.scalar("select count(*) from tasks where queue = 'progress' and state = 'sent'") >= window

    await run(completed)
    for _ in range(3):
        plant.fork("relay")
    await plant.until(is_full)
    await redis.flushall()
    await plant.pass_time()
    plant.fork("worker")
    await plant.settled()
    assert (await room.counters())["completed_count"] == count


async def _has_messages(redis: Redis) -> bool:
    return bool(await redis.keys(f"{NAMESPACE}:*.msgs"))


async def test_without_redis_requests_succeed_and_the_backlog_waits_for_it(
    run: Run, plant: Plant, redis_url: str
) -> None:
    relay = plant.fork("relay", REDIS_URL="redis://127.0.0.1:1/0")
    await registered(run, "ada", "grace")
    await plant.until(lambda: _is_planned(plant))
    assert await plant.scalar("select count(*) from tasks where state = 'waiting'") >= 2
    relay.kill()
    plant.fork("relay")
    plant.fork("worker")
    await plant.settled()
    assert len(plant.post_office.messages) == 2


async def _is_planned(plant: Plant) -> bool:
    return await plant.scalar("select count(*) from outbox where planned_at is null") == 0


async def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand(run: Run, plant: Plant) -> None:
    plant.post_office.is_open.clear()
    worker = plant.fork("worker")
    plant.fork("relay")
    await registered(run, "ada")
    await asyncio.wait_for(plant.post_office.asked.wait(), 60)
    stopping = asyncio.create_task(asyncio.to_thread(worker.stop))
    await asyncio.sleep(0.5)
    assert worker.is_alive
    plant.post_office.is_open.set()
    assert await stopping == 0
    assert len(plant.post_office.ids("ada@example.org")) == 1
    assert await plant.scalar("select count(*) from tasks where reaction = 'letter' and state = 'done'") == 1


async def test_what_was_rolled_back_is_told_to_nobody(run: Run, plant: Plant, room: Classroom) -> None:
    async def fails(ports: AllPorts) -> None:
        ports.emit(
            MemberAdded(
                at=ports.clock.now(),
                organization_id=room.organization_id,  # type: ignore[arg-type]
                by=room.teacher.id,
                user_id=room.teacher.id,
                role=OrganizationRole.ADMIN,
            )
        )
        raise Conflict

    with pytest.raises(Conflict):
        await run(fails)
    assert await run(use_cases.plan, 10) == 0
    assert await plant.scalar("select (select count(*) from outbox) + (select count(*) from feed)") == 0


async def test_two_plan_at_once_and_one_of_them_does(run: Run, plant: Plant) -> None:
    await registered(run, *(f"learner{number}" for number in range(5)))
    planned = await asyncio.gather(*(run(use_cases.plan, 100) for _ in range(8)))
    assert max(planned) > 0
    assert sum(planned) == await plant.scalar("select count(*) from outbox where name = any(:names)", names=NAMES)
    assert await plant.scalar("select count(*) from feed") == 5
    assert await plant.scalar("select max(position) from feed") == 5


NAMES = ["user.registered", "user.verification_asked", "user.ticket_issued"]


async def test_ten_perform_one_task_at_once_and_its_effect_is_there_once(
    run: Run, plant: Plant, room: Classroom
) -> None:
    await something_happens(run, room)
    [task] = [task for task in await handed_on(run) if task.reaction == "count_completion"]
    done = await asyncio.gather(*(run(use_cases.react, task) for _ in range(10)))
    assert sorted(done) == [False] * 9 + [True]
    assert (await room.counters())["completed_count"] == 1


async def test_what_a_task_held_up_is_rung_for_as_soon_as_it_is_done(container: Container, room: Classroom) -> None:
    """Otherwise a webhook would be sent five deliveries each time that a relay looks."""
    rung: list[bool] = []
    run = Run(PgDatabase(container.connections(), container.beside(), freed=lambda: rung.append(True)))

    async def twice(ports: AllPorts) -> None:
        names = _names(room)
        ports.emit(*(CourseCompleted(at=ports.clock.now(), **names) for _ in range(2)))

    await run(twice)
    seen = []
    for _ in range(2):
        [task] = [each for each in await handed_on(run) if each.reaction == "count_completion"]
        await run(use_cases.react, task)
        seen.append(len(rung))
    assert seen == [1, 1]


def _names(room: Classroom) -> Names:
    return {"enrollment_id": EnrollmentId(new_id()), "course_id": room.course_id, "learner_id": room.teacher.id}


async def test_a_commit_is_heard_of_by_whoever_listens(container: Container, database_url: str) -> None:
    bell, ear = PgBell(container.connections()), PgEar(database_url)
    assert await ear.heard(0.0)  # whatever happened before
    assert not await ear.heard(0.0)
    waiting = asyncio.create_task(ear.heard(60))
    for _ in range(100):
        bell.ring()
    assert await waiting
    await bell.silent()
    await ear.close()


async def test_who_cannot_listen_looks_from_time_to_time(database_url: str) -> None:
    ear = PgEar("postgresql://nobody@127.0.0.1:1/none")
    assert not await ear.heard(0.0)
    ear.use(database_url)
    assert await ear.heard(0.0)
    await ear.close()


CUT = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where query like 'listen %' and pid <> pg_backend_pid() and datname = current_database()
"""


async def test_a_listener_whose_connection_was_cut_listens_again(plant: Plant, database_url: str) -> None:
    ear = PgEar(database_url)
    await ear.heard(0.0)
    async with plant.engine.begin() as conn:
        await conn.execute(text(CUT))
    assert any([await ear.heard(0.1) for _ in range(3)])
    await ear.close()
