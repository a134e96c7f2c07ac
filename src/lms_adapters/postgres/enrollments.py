"""Enrollments and their codes: who is on a course. Every change goes through the turnstile of the course."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, to_row
from lms_adapters.postgres.direct import execute, fetch_all, fetch_first
from lms_adapters.postgres.enrollments_offers import DONE
from lms_adapters.postgres.enrollments_tables import enrollment_codes, enrollments
from lms_adapters.postgres.identity_tables import MEMBERS
from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.errors import CodeTaken
from lms_domain.enrollments.events import CodeId, EnrollmentId
from lms_domain.enrollments.model import Enrollment, Shift
from lms_domain.enrollments.ports import Candidate, Placement, Waiting
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import CourseId, RevisionId, Stale, UserId

COLUMNS = [field.name for field in fields(Enrollment)]
CHANGED = [name for name in COLUMNS if name not in {"id", "course_id", "learner_id", "version"}]

_COUNT = """
    update course_counters
    set seats_taken = seats_taken + %(seats)s, enrollment_count = enrollment_count + %(seats)s,
        waitlisted = waitlisted + %(waiting)s
    where course_id = %(course_id)s
"""
_USE = "k as (update enrollment_codes set uses = uses + 1, version = version + 1 where id = %(used_code_id)s)"

_ADD = f"""
    with e as (
        insert into enrollments ({", ".join(COLUMNS)}) values ({", ".join(f"%({name})s" for name in COLUMNS)})
    ), {_USE} {_COUNT}
"""
_CHANGE = f"""
    with e as (
        update enrollments set {", ".join(f"{name} = %({name})s" for name in CHANGED)}, version = version + 1
        where id = %(id)s and version = %(version)s returning id
    ), {_USE} {_COUNT} and exists (select from e)
"""

# Many at once travel as one JSON document, whose keys are the names of the columns.
_MANY = "jsonb_populate_recordset(null::enrollments, cast(%(rows)s as jsonb))"
_ADD_ALL = f"insert into enrollments select * from {_MANY}"
_CHANGE_ALL = f"""
    update enrollments e set {", ".join(f"{name} = n.{name}" for name in CHANGED)}, version = e.version + 1
    from {_MANY} n where e.id = n.id and e.version = n.version
"""

_OPEN = """
    select id from enrollments where learner_id = %(learner_id)s and status in ('active', 'waitlisted')
    order by course_id
"""
_WAITING = f"""
    select e.*, {DONE} from enrollments e join revisions v on v.id = %(measured)s
    where e.course_id = %(course_id)s and e.status = 'waitlisted'
    order by e.waitlisted_at, e.id limit cast(%(limit)s as bigint) for no key update of e
"""


class PgEnrollments(PgRepository[Enrollment]):
    entity = Enrollment
    table = enrollments

    async def place(self, placement: Placement, /, *, code_id: CodeId | None = None) -> None:
        enrollment, shift = placement.enrollment, Shift.between(placement.before, placement.enrollment.status)
        row = to_row(enrollment) | {"seats": shift.seats, "waiting": shift.waiting, "used_code_id": code_id}
        if placement.before is None:
            await execute(self._conn, _ADD, row)
            return
        if (await execute(self._conn, _CHANGE, row)).rowcount == 0:
            raise Stale
        enrollment.version += 1

    async def place_all(self, course_id: CourseId, placements: Sequence[Placement], /) -> None:
        new = [p.enrollment for p in placements if p.before is None]
        known = [p.enrollment for p in placements if p.before is not None]
        if new:
            await execute(self._conn, _ADD_ALL, {"rows": _document(new)})
        if known and (await execute(self._conn, _CHANGE_ALL, {"rows": _document(known)})).rowcount != len(known):
            raise Stale
        for enrollment in known:
            enrollment.version += 1
        await self._count(course_id, [Shift.between(p.before, p.enrollment.status) for p in placements])

    async def open_of(self, learner_id: UserId, /) -> list[EnrollmentId]:
        rows = await fetch_all(self._conn, _OPEN, {"learner_id": learner_id})
        return [EnrollmentId(row["id"]) for row in rows]

    async def waiting(self, course_id: CourseId, limit: int | None, /, *, measured: RevisionId) -> list[Waiting]:
        given = {"course_id": course_id, "limit": limit, "measured": measured}
        rows = await fetch_all(self._conn, _WAITING, given)
        return [Waiting(msgspec.convert(row, Enrollment), row["done"]) for row in rows]

    async def _count(self, course_id: CourseId, shifts: Sequence[Shift]) -> None:
        seats, waiting = sum(s.seats for s in shifts), sum(s.waiting for s in shifts)
        if seats or waiting:
            given = {"course_id": course_id, "seats": seats, "waiting": waiting}
            await execute(self._conn, _COUNT, given)


class PgEnrollmentCodes(PgRepository[EnrollmentCode]):
    entity = EnrollmentCode
    table = enrollment_codes
    clashes = {"uq_enrollment_codes_code": CodeTaken}


# A person of another organization does not exist for who only knows an address.
_KNOWN_HERE = f"""(
    %(anybody)s
    or exists (
        select from courses c join organizations o on o.id = c.organization_id
        where c.id = %(course_id)s and (o.is_default or exists (
            select from {MEMBERS} m where m.organization_id = o.id and m.user_id = b.id
        ))
    )
    or exists (select from enrollments n where n.course_id = %(course_id)s and n.learner_id = b.id)
)"""
_NAMED = f"""
    select b.id from users b where b.is_active and case
        when cast(%(user_id)s as uuid) is not null then b.id = %(user_id)s
        else b.email = %(email)s and {_KNOWN_HERE} end
"""
# Each address by the index: joined, everybody with an account might be asked where they belong.
_CANDIDATES = f"""
    select coalesce(a.id, b.id) as learner_id, to_jsonb(e) as enrollment, {DONE}
    from unnest(cast(%(user_ids)s as uuid[]), cast(%(emails)s as text[])) with ordinality x (user_id, email, n)
    join revisions v on v.id = %(measured)s
    left join users a on a.id = x.user_id and a.is_active
    cross join lateral (
        select case when x.user_id is null then (
            select b.id from users b where b.email = x.email and b.is_active and {_KNOWN_HERE}
        ) end as id
    ) b
    left join enrollments e on e.course_id = %(course_id)s and e.learner_id = coalesce(a.id, b.id)
    order by x.n
"""


class PgLearners:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def named(self, course_id: CourseId, row: RollRow, /, *, anybody: bool) -> UserId | None:
        given = {"course_id": course_id, "anybody": anybody, "user_id": row.user_id, "email": row.folded_email}
        user = await fetch_first(self._conn, _NAMED, given, ("id",))
        return None if user is None else UserId(user["id"])

    async def candidates(
        self, course_id: CourseId, rows: Sequence[RollRow], /, *, measured: RevisionId, anybody: bool
    ) -> list[Candidate]:
        given = {
            "course_id": course_id,
            "anybody": anybody,
            "measured": measured,
            "user_ids": [row.user_id for row in rows],
            "emails": [row.folded_email for row in rows],
        }
        return [
            Candidate(row["learner_id"], msgspec.convert(row["enrollment"], Enrollment | None), row["done"])
            for row in await fetch_all(self._conn, _CANDIDATES, given)
        ]


class PgCompletions:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def count_one(self, course_id: CourseId, /) -> None:
        await execute(self._conn, _COMPLETED, {"course_id": course_id})


_COMPLETED = "update course_counters set completed_count = completed_count + 1 where course_id = %(course_id)s"


def _document(rows: list[Enrollment]) -> Any:
    return msgspec.json.encode(rows).decode()
