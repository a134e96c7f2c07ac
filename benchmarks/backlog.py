"""Events that wait to be worked off."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from lms_domain.enrollments.events import CourseCompleted, EnrollmentId
from lms_domain.kernel import CourseId, UserId, new_id
from lms_domain.ports import AllPorts

LIMIT_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class Queue:
    url: str
    dsn: str
    courses: list[UUID]


async def completed(ports: AllPorts, courses: list[UUID], times: int = 1) -> None:
    """Each is counted by a reaction, and told in the feed."""
    ports.emit(
        *(
            CourseCompleted(
                at=datetime.now(UTC),
                enrollment_id=EnrollmentId(new_id()),
                course_id=CourseId(courses[number % len(courses)]),
                learner_id=UserId(new_id()),
            )
            for number in range(times)
        )
    )


async def all_done(conn: psycopg.AsyncConnection, seconds: float) -> None:
    end = time.perf_counter() + LIMIT_SECONDS
    while await _open(conn):
        if time.perf_counter() > end:
            raise SystemExit("what had happened was not worked off in time")
        await asyncio.sleep(seconds)


async def _open(conn: psycopg.AsyncConnection) -> bool:
    cursor = await conn.execute(
        "select exists (select from outbox where planned_at is null)"
        " or exists (select from tasks where state in ('waiting', 'held', 'sent'))"
    )
    row = await cursor.fetchone()
    return bool(row and row[0])
