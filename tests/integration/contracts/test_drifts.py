"""What any adapter of drifts promises. Runs on memory and PostgreSQL alike."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.builders import a_learner, a_published_course, a_reader, a_teacher, registered

from lms_domain.courses.use_cases import reviewing
from lms_domain.drifts import DriftKind
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.kernel import Actor, CourseId, Repository
from lms_domain.ports import AllPorts, Database
from lms_domain.upkeep.mending import mend
from lms_domain.upkeep.model import Drift
from lms_entrypoints.doors import Run

WRONG = {"seats_taken": 40, "waitlisted": 3, "enrollment_count": 41, "review_count": 17, "rating_sum": 99}
NOTHING: dict[str, int] = {}


@pytest.fixture
async def course_id(database: Database) -> CourseId:
    """Published, with five lessons, so that one of them is 20 %."""
    async with database.begin() as ports:
        teacher = await registered(ports, a_teacher())
        return (await a_published_course(ports, teacher, lessons=5)).id


async def readers(database: Database, course_id: CourseId, count: int) -> list[Actor]:
    async with database.begin() as ports:
        return [await a_reader(ports, course_id) for _ in range(count)]


async def spoil(database: Database, course_id: CourseId) -> None:
    async with database.begin() as ports:
        await ports.drifts.set_counters(course_id, WRONG)


async def counted(database: Database, course_id: CourseId) -> dict[str, int]:
    async with database.begin() as ports:
        counters: Any = await ports.turnstiles.lock(course_id)
        return {name: getattr(counters, name) for name in WRONG}


async def enrollment_of(ports: AllPorts, course_id: CourseId, learner: Actor) -> EnrollmentId:
    attendance = await ports.attendances.of(course_id, learner.id)
    assert attendance is not None
    return EnrollmentId(attendance.enrollment_id)


async def test_counters_are_set_to_what_is_there(database: Database, course_id: CourseId) -> None:
    run = Run(database)
    ada, grace, _ = await readers(database, course_id, 3)
    await run(reviewing.review, ada, course_id, rating=4, body="")
    gone = await run(reviewing.review, grace, course_id, rating=1, body="")
    await run(reviewing.delete_review, grace, gone.id)
    right = {"seats_taken": 3, "waitlisted": 0, "enrollment_count": 3, "review_count": 1, "rating_sum": 4}
    assert await counted(database, course_id) == right
    await spoil(database, course_id)
    drift = await run(mend, None, DriftKind.COURSE, course_id)
    assert drift == Drift(kind=DriftKind.COURSE, subject_id=course_id, kept=WRONG, counted=right)
    assert await counted(database, course_id) == right
    assert (await run(mend, None, DriftKind.COURSE, course_id)).counted == NOTHING


async def test_only_what_differs_is_told(database: Database, course_id: CourseId) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        id = await enrollment_of(ports, course_id, ada)
        await ports.drifts.set_counters(course_id, {"waitlisted": 2})
        found = await ports.drifts.of(DriftKind.COURSE, course_id)
        assert (found.kept, found.counted) == ({"waitlisted": 2}, {"waitlisted": 0})
        assert (await ports.drifts.of(DriftKind.ENROLLMENT, id)).counted == NOTHING
        enrollments: Repository[Any] = ports.enrollments
        enrollment = await enrollments.get(id)
        enrollment.required_done = 5
        await enrollments.save(enrollment)
        found = await ports.drifts.of(DriftKind.ENROLLMENT, id)
        assert (found.kept, found.counted) == ({"required_done": 5}, {"required_done": 1})
        await use_cases.drop(ports, ada, id)
        assert (await ports.drifts.of(DriftKind.ENROLLMENT, id)).counted == NOTHING


async def test_a_report_can_be_settled_twice(database: Database, course_id: CourseId) -> None:
    drift = Drift(kind=DriftKind.COURSE, subject_id=course_id, kept={"waitlisted": 2}, counted={"waitlisted": 0})
    async with database.begin() as ports:
        await ports.drifts.report([drift], now=datetime.now(UTC))
        for _ in range(2):
            await ports.drifts.settle(DriftKind.COURSE, course_id)


async def test_mending_beside_learners_who_come_go_and_review_misses_nobody(
    database: Database, course_id: CourseId
) -> None:
    run = Run(database)
    old = await readers(database, course_id, 12)
    async with database.begin() as ports:
        new = [await registered(ports, a_learner()) for _ in range(12)]
        enrollments = [await enrollment_of(ports, course_id, each) for each in old]

    async def live(n: int) -> None:
        line = await run(reviewing.review, old[n], course_id, rating=1, body="")
        for rating in (2, 3, 4, 5, 1 + n % 5):
            await run(reviewing.change_review, old[n], line.id, {"rating": rating})
        await run(use_cases.enroll, new[n], course_id)
        if n % 3 == 0:
            await run(use_cases.drop, old[n], enrollments[n])

    async def spoil_and_mend() -> None:
        for _ in range(4):
            await spoil(database, course_id)
            await run(mend, None, DriftKind.COURSE, course_id)

    await asyncio.gather(*(live(n) for n in range(12)), spoil_and_mend(), spoil_and_mend())
    ratings = sum(1 + n % 5 for n in range(12))
    right = {"seats_taken": 20, "waitlisted": 0, "enrollment_count": 20, "review_count": 12, "rating_sum": ratings}
    assert await counted(database, course_id) == right
