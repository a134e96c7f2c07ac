"""The row of a course that everybody locks who changes who is on it, see docs/concurrency.md."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.courses_tables import course_counters
from lms_adapters.postgres.direct import fetch_first
from lms_domain.kernel import CourseId, NotFound
from lms_domain.turnstile import Counters

_LOCK = """
    select course_id, seats_taken, waitlisted, enrollment_count, completed_count, review_count, rating_sum
    from course_counters where course_id = %(course_id)s for no key update
"""


class PgTurnstiles:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def open(self, course_id: CourseId, /) -> None:
        await self._conn.execute(insert(course_counters).values(course_id=course_id))

    async def lock(self, course_id: CourseId, /) -> Counters:
        row = await fetch_first(self._conn, _LOCK, {"course_id": course_id})
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        return Counters(**row)
