"""What fails on one queue, or hangs, delays no mail: in a worker of all queues, and beside a worker that is stuck."""

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom
from tests.integration.tasks.plant import Plant

from lms_domain.enrollments.events import CourseCompleted, EnrollmentId
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Secret, new_id
from lms_domain.ports import AllPorts
from lms_domain.queues import QueueName
from lms_domain.tasks.use_cases import plan
from lms_entrypoints.doors import Run

HANGING, FAILING = 5, 20
LOCK = "select from course_counters where course_id = :course_id for update"
# Queues are made for what is not there yet: what is there stands in for it.
HANGS = "update tasks set queue = :queue where reaction = 'count_completion'"
FAILS = """
    insert into tasks (subject_id, reaction, queue, seq, state, due_at, planned_at)
    select gen_random_uuid(), 'print', 'certificates', 0, 'waiting', now(), now() from generate_series(1, :count)
"""
STUCK = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%course_counters%'
"""
FAILED = "select count(*) from tasks where reaction = 'print' and attempts > 0"


async def trouble(run: Run, room: Classroom, engine: AsyncEngine, *, queue: QueueName = QueueName.CERTIFICATES) -> None:
    """Completions, which whoever holds the counters of the course keeps waiting; and what nobody knows how to do."""

    async def completed(ports: AllPorts) -> None:
        for _ in range(HANGING):
            id, now = EnrollmentId(new_id()), ports.clock.now()
            event = CourseCompleted(at=now, enrollment_id=id, course_id=room.course_id, learner_id=room.teacher.id)
            ports.emit(event)

    await run(completed)
    await run(plan, 100)
    async with engine.begin() as conn:
        await conn.execute(text(HANGS), {"queue": queue})
        await conn.execute(text(FAILS), {"count": FAILING})


@pytest.mark.parametrize(
    ("workers", "stuck"),
    [
        (["worker --threads 2"], 2),
        (["worker --queues certificates --threads 2", "worker --queues default,emails"], 2),
    ],
)
async def test_what_fails_or_hangs_on_one_queue_delays_no_mail(
    run: Run, room: Classroom, plant: Plant, workers: list[str], stuck: int
) -> None:
    async def is_stuck() -> bool:
        return await plant.scalar(STUCK) == stuck and await plant.scalar(FAILED) > 0

    async def mails_came() -> bool:
        return len(plant.post_office.messages) == len(names)

    names = [f"learner{number}" for number in range(10)]
    await trouble(run, room, plant.engine)
    async with plant.engine.begin() as conn:
        await conn.execute(text(LOCK), {"course_id": room.course_id})
        plant.start("relay")
        for words in workers:
            plant.start(*words.split(), DATABASE_STATEMENT_TIMEOUT_MS="600000", DATABASE_POOL_SIZE="2")
        await plant.until(is_stuck)
        for name in names:
            await run(identity.register, email=f"{name}@example.org", full_name=name, password_hash=Secret("hash"))
        await plant.until(mails_came)
        assert await plant.scalar(STUCK) == stuck  # all of it meanwhile
