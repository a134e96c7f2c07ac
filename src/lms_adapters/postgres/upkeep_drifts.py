"""Sums that are kept in columns, counted anew."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.courses_tables import course_counters
from lms_adapters.postgres.direct import execute, fetch_all, fetch_row
from lms_adapters.postgres.keyset import Keyset
from lms_domain.drifts import DriftKind
from lms_domain.kernel import CourseId, Page, PageRequest
from lms_domain.upkeep.model import Drift
from lms_domain.upkeep.views import DriftReport

TABLES = {DriftKind.COURSE: ("course_counters", "course_id"), DriftKind.ENROLLMENT: ("enrollments", "id")}
# A sample is a stretch of ids from somewhere at random: no more is read than it holds.
ENDS = """
    select (select {id} from {table} order by {id} limit 1), (select {id} from {table} order by {id} desc limit 1)
"""
SAMPLE = "select * from {table} where {id} >= %(start)s order by {id} limit %(sample)s"
ONE = "select * from {table} where {id} = %(subject_id)s"
COUNTED = {
    DriftKind.COURSE: """
    with sample as ({sample}), anew as (
        select s.course_id, count(e.id) filter (where e.status in ('active', 'completed')) as seats_taken,
            count(e.id) filter (where e.status = 'waitlisted') as waitlisted
        from sample s left join enrollments e on e.course_id = s.course_id group by s.course_id
    ), rated as (
        select s.course_id, count(r.id) as review_count, coalesce(sum(r.rating), 0) as rating_sum
        from sample s left join reviews r on r.course_id = s.course_id and r.is_active group by s.course_id
    )
    select 'course' as kind, s.course_id as subject_id,
        jsonb_build_object('seats_taken', s.seats_taken, 'waitlisted', s.waitlisted, 'enrollment_count',
            s.enrollment_count, 'review_count', s.review_count, 'rating_sum', s.rating_sum) as kept,
        jsonb_build_object('seats_taken', a.seats_taken, 'waitlisted', a.waitlisted, 'enrollment_count',
            a.seats_taken, 'review_count', r.review_count, 'rating_sum', r.rating_sum) as counted
    from sample s join anew a using (course_id) join rated r using (course_id)
""",
    DriftKind.ENROLLMENT: """
    with sample as ({sample})
    select 'enrollment' as kind, s.id as subject_id, jsonb_build_object('required_done', s.required_done) as kept,
        jsonb_build_object('required_done', (
            select count(*) from lesson_progress p join revision_lessons l
                on l.revision_id = s.revision_id and l.lesson_id = p.lesson_id
            where p.enrollment_id = s.id and p.completed_at is not null and (l.required or v.required_count = 0)
        )) as counted
    from sample s join revisions v on v.id = s.revision_id where s.status in ('active', 'completed')
""",
}
REPORT = """
    insert into drifts as d (kind, subject_id, kept, counted, found_at, seen_at)
    select x.*, %(now)s, %(now)s from jsonb_to_recordset(%(drifts)s::jsonb)
        as x (kind text, subject_id uuid, kept jsonb, counted jsonb)
    on conflict (kind, subject_id) do update set kept = excluded.kept, counted = excluded.counted, seen_at = %(now)s
"""
SETTLE = "delete from drifts where kind = %(kind)s and subject_id = %(subject_id)s"
OF_KIND = "(%(kind)s::text is null or kind = %(kind)s)"
PAGE = f"""
    select t.total, p.*
    from (select count(*) as total from (select from drifts where {OF_KIND} limit %(most)s) n) t
    left join lateral (
        select kind, subject_id, kept, counted, found_at, seen_at, subject_id as id from drifts
        where {OF_KIND} and (%(key)s::timestamptz is null or (found_at, subject_id) < (%(key)s, %(last_id)s))
        order by found_at desc, subject_id desc limit %(size)s offset %(skip)s
    ) p on true
    order by p.found_at desc, p.id desc
"""
OPEN = """
    select k.kind, (select count(*) from (select from drifts d where d.kind = k.kind limit %(most)s) n) as open
    from unnest(%(kinds)s::text[]) as k (kind)
"""


class PgDrifts:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def among(self, kind: DriftKind, sample: int, /) -> Sequence[Drift]:
        table, id = TABLES[kind]
        first, last = await fetch_row(self._conn, ENDS.format(id=id, table=table), {}) or (None, None)
        if first is None or last is None:
            return []
        start = UUID(int=first.int + secrets.randbelow(last.int - first.int + 1))
        found = await self._counted(kind, SAMPLE, {"sample": sample, "start": start})
        return [drift for drift in found if drift.counted]

    async def of(self, kind: DriftKind, subject_id: UUID, /) -> Drift:
        found = await self._counted(kind, ONE, {"subject_id": subject_id})
        return found[0] if found else Drift(kind=kind, subject_id=subject_id, kept={}, counted={})

    async def report(self, drifts: Sequence[Drift], /, *, now: datetime) -> None:
        if drifts:
            await execute(self._conn, REPORT, {"now": now, "drifts": msgspec.json.encode(drifts).decode()})

    async def settle(self, kind: DriftKind, subject_id: UUID, /) -> None:
        await execute(self._conn, SETTLE, {"kind": kind, "subject_id": subject_id})

    async def set_counters(self, course_id: CourseId, counted: Mapping[str, int], /) -> None:
        of_course = update(course_counters).where(course_counters.c.course_id == course_id)
        await self._conn.execute(of_course.values(dict(counted)))

    async def _counted(self, kind: DriftKind, which: str, given: Mapping[str, Any]) -> list[Drift]:
        table, id = TABLES[kind]
        statement = COUNTED[kind].format(sample=which.format(id=id, table=table))
        return [_drift(row) for row in await fetch_all(self._conn, statement, given)]


class PgDriftLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, kind: DriftKind | None, paging: PageRequest, /) -> Page[DriftReport]:
        """In one statement with its total."""
        keyset = Keyset.of(paging, "found_at", "drifts", kind)
        rows = await fetch_all(self._conn, PAGE, {"kind": kind, "most": COUNT_LIMIT + 1} | keyset.parameters)
        there = [row for row in rows if row["id"] is not None]
        return keyset.page(there, DriftReport, rows[0]["total"])

    async def open(self) -> Mapping[DriftKind, int]:
        """Up to the limit, at which an alarm has long been given."""
        rows = await fetch_all(self._conn, OPEN, {"kinds": list(DriftKind), "most": COUNT_LIMIT + 1})
        return {DriftKind(row["kind"]): row["open"] for row in rows}


def _drift(row: Mapping[str, Any]) -> Drift:
    names = [name for name, value in row["kept"].items() if value != row["counted"][name]]
    kept, counted = ({name: row[side][name] for name in names} for side in ("kept", "counted"))
    return Drift(kind=DriftKind(row["kind"]), subject_id=row["subject_id"], kept=kept, counted=counted)
