"""Reviews, and the counters of a course that they add up to."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT, PgRepository, from_row
from lms_adapters.postgres.courses_tables import course_counters, courses, reviews
from lms_adapters.postgres.cursors import Moment, Number
from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.keyset import Keyset
from lms_domain.courses.reviews import (
    AlreadyReviewed,
    Attendance,
    Review,
    ReviewedCourse,
    ReviewId,
    ReviewLine,
    ReviewSort,
)
from lms_domain.kernel import CourseId, NotFound, Page, PageRequest, UserId

ORDERS: dict[ReviewSort, tuple[str, Any, str]] = {
    ReviewSort.NEWEST: ("created_at", Moment, "desc"),
    ReviewSort.OLDEST: ("created_at", Moment, "asc"),
    ReviewSort.BEST: ("rating", Number, "desc"),
    ReviewSort.WORST: ("rating", Number, "asc"),
}
_ATTENDANCE = """
    select e.id as enrollment_id, u.full_name as learner_name, e.status in ('active', 'completed') as is_on_course,
        e.progress_percent
    from enrollments e join users u on u.id = e.learner_id
    where e.course_id = %(course_id)s and e.learner_id = %(user_id)s and u.is_active
    for share of u
"""
_ONE = """
    select r.id, r.course_id, r.learner_id, u.full_name as learner_name, r.rating, r.body, r.created_at, r.updated_at,
        r.version
    from reviews r join users u on u.id = r.learner_id
    where r.id = %(id)s and r.is_active
"""
_TOTAL = "select (select review_count from course_counters where course_id = %(course_id)s) as total"
_COURSE = select(courses.c.id, courses.c.status, courses.c.visibility, courses.c.is_active)


class PgReviews(PgRepository[Review]):
    entity = Review
    table = reviews
    clashes = {"uq_reviews_enrollment_id": AlreadyReviewed}

    async def of_enrollment(self, enrollment_id: UUID, /) -> Review | None:
        found = await self._all(select(reviews).where(reviews.c.enrollment_id == enrollment_id))
        return found[0] if found else None

    async def count(self, course_id: CourseId, /, *, reviews: int, ratings: int) -> None:
        counted = course_counters.c
        values = {"review_count": counted.review_count + reviews, "rating_sum": counted.rating_sum + ratings}
        await self._conn.execute(update(course_counters).where(counted.course_id == course_id).values(values))


class PgAttendances:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, user_id: UserId, /) -> Attendance | None:
        row = await fetch_first(self._conn, _ATTENDANCE, {"course_id": course_id, "user_id": user_id})
        return None if row is None else Attendance(**row)

    async def course(self, course_id: CourseId, /) -> ReviewedCourse:
        row = (await self._conn.execute(_COURSE.where(courses.c.id == course_id))).first()
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        return from_row(row, ReviewedCourse)


class PgReviewLists(PgAttendances):
    async def one(self, review_id: ReviewId, /) -> ReviewLine:
        row = await fetch_first(self._conn, _ONE, {"id": review_id})
        if row is None:
            raise NotFound(entity="Review", id=review_id)
        return ReviewLine(**row)

    async def page(
        self, course_id: CourseId, rating: int | None, sort: ReviewSort, paging: PageRequest, /
    ) -> Page[ReviewLine]:
        """In one statement with its total: the course's counter or, of one rating, counted up to the limit."""
        column, kind, direction = ORDERS[sort]
        keyset = Keyset.of(paging, column, "reviews", course_id, rating, sort, kind=kind)
        where = "r.course_id = %(course_id)s and r.is_active" + ("" if rating is None else " and r.rating = %(rating)s")
        after = f"and (r.{column}, r.id) {'<' if direction == 'desc' else '>'} (%(key)s, %(last_id)s)"
        counted = f"select count(*) as total from (select from reviews r where {where} limit {COUNT_LIMIT + 1}) c"
        statement = f"""
            select t.total, p.*
            from ({_TOTAL if rating is None else counted}) t
            left join lateral (
                select r.id, r.course_id, r.learner_id, u.full_name as learner_name, r.rating, r.body, r.created_at,
                    r.updated_at, r.version
                from reviews r join users u on u.id = r.learner_id
                where {where} {after if keyset.follows else ""}
                order by r.{column} {direction}, r.id {direction}
                limit %(size)s offset %(skip)s
            ) p on true
            order by p.{column} {direction}, p.id {direction}
        """
        given = {"course_id": course_id, "rating": rating} | keyset.parameters
        rows = await fetch_all(self._conn, statement, given)
        there = [row for row in rows if row["id"] is not None]
        return keyset.page(there, ReviewLine, rows[0]["total"], is_exact=rating is None)
