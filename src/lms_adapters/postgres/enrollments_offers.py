"""The terms of a course for one learner, in one statement over the tables of the courses context."""

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import fetch_first
from lms_adapters.postgres.identity_tables import MEMBERS
from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.course import CourseSight, MissingCourse, Offer, Terms
from lms_domain.enrollments.model import Enrollment
from lms_domain.kernel import CourseId, NotFound, UserId

# What the actor is to course c; `a` is their own enrollment on it.
SIGHT = f"""
    jsonb_build_object(
        'id', c.id, 'status', c.status, 'visibility', c.visibility,
        'is_active', c.is_active and (select is_active from organizations where id = c.organization_id),
        'standing', jsonb_build_object(
            'organization_role',
            (select role from {MEMBERS} m where organization_id = c.organization_id and user_id = %(actor_id)s),
            'course_role', (select role from course_staff where course_id = c.id and user_id = %(actor_id)s),
            'staff_networks', coalesce(
                (select staff_networks from organization_policies where organization_id = c.organization_id), '[]'
            ),
            'enrolled', coalesce(a.status in ('active', 'completed'), false),
            'access', coalesce(a.status in ('active', 'completed') and (a.expires_at > now()) is not false, false)
        )
    ) as sight
"""

TERMS = """
    c.status, c.published_revision_id as revision_id, coalesce(nullif(v.required_count, 0), v.lesson_count, 0) as total,
    c.seats, c.access_days, c.enrollment_opens_at as opens_at, c.enrollment_closes_at as closes_at,
    (c.price ->> 'amount')::int as price_amount, c.price ->> 'currency' as price_currency
"""

# How many lessons that count in revision v the enrollment e has completed; asked of those who are not on the course.
DONE = """
    case when e.status in ('dropped', 'waitlisted') then (
        select count(*) from lesson_progress p
        join revision_lessons r on r.revision_id = v.id and r.lesson_id = p.lesson_id
        where p.enrollment_id = e.id and p.completed_at is not null and (r.required or v.required_count = 0)
    ) else 0 end as done
"""

_SIGHT = f"""
    select {SIGHT} from courses c left join enrollments a on a.course_id = c.id and a.learner_id = %(actor_id)s
    where c.id = %(course_id)s
"""

_TERM_NAMES = (
    "status", "revision_id", "total", "seats", "access_days", "opens_at", "closes_at", "price_amount", "price_currency",
)  # fmt: skip
_TERMS = f"""
    select {TERMS} from courses c left join revisions v on v.id = c.published_revision_id
    where c.id = %(course_id)s and c.is_active
"""

_OFFERED = ("sight", *_TERM_NAMES, "done", "enrollment", "code", "position", "missing")
_OFFER = f"""
    select {SIGHT}, {TERMS}, {DONE}, to_jsonb(e) as enrollment, to_jsonb(k) as code,
        case when e.status = 'waitlisted' then (
            select count(*) from enrollments w where w.course_id = c.id and w.status = 'waitlisted'
            and (w.waitlisted_at, w.id) <= (e.waitlisted_at, e.id)
        ) end as position,
        (
            select jsonb_agg(case when q.status = 'published' and q.visibility = 'public'
                then jsonb_build_object('course_id', q.id, 'slug', q.slug, 'title', q.page ->> 'title')
                else jsonb_build_object('course_id', q.id) end
                order by x.n)
            from jsonb_array_elements_text(c.prerequisite_ids) with ordinality x (id, n)
            join courses q on q.id = x.id::uuid and q.is_active
            where not exists (
                select from enrollments d
                where d.course_id = q.id and d.learner_id = %(learner_id)s and d.completed_at is not null
            )
        ) as missing
    from courses c
    left join revisions v on v.id = c.published_revision_id
    left join enrollments e on e.course_id = c.id and e.learner_id = %(learner_id)s
    left join enrollments a on a.course_id = c.id and a.learner_id = %(actor_id)s
    left join enrollment_codes k on k.course_id = c.id and k.code = %(code)s and k.is_active
    where c.id = %(course_id)s
"""


class PgSights:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, actor_id: UserId, /) -> CourseSight:
        row = await fetch_first(self._conn, _SIGHT, {"course_id": course_id, "actor_id": actor_id}, ("sight",))
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        return msgspec.convert(row["sight"], CourseSight)


class PgOffers:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def to(
        self, learner_id: UserId, /, *, course_id: CourseId, actor_id: UserId, code: str | None = None
    ) -> Offer:
        given = {"course_id": course_id, "actor_id": actor_id, "learner_id": learner_id, "code": code}
        row = await fetch_first(self._conn, _OFFER, given, _OFFERED)
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        return Offer(
            sight=msgspec.convert(row["sight"], CourseSight),
            terms=msgspec.convert(row, Terms),
            missing=msgspec.convert(row["missing"] or (), tuple[MissingCourse, ...]),
            enrollment=msgspec.convert(row["enrollment"], Enrollment | None),
            done=row["done"],
            position=row["position"],
            code=msgspec.convert(row["code"], EnrollmentCode | None),
        )

    async def terms(self, course_id: CourseId, /) -> Terms:
        row = await fetch_first(self._conn, _TERMS, {"course_id": course_id}, _TERM_NAMES)
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        return msgspec.convert(row, Terms)
