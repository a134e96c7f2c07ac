"""What is done by the clock, set by set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import execute, fetch_all, fetch_row
from lms_adapters.postgres.feed import PgFeed
from lms_adapters.postgres.outbox import PgOutbox
from lms_adapters.postgres.webhooks import PgDeliveries
from lms_domain.enrollments.events import Names
from lms_domain.kernel import CourseId, new_id
from lms_domain.schedules import EVERY, Schedule
from lms_domain.upkeep.model import Refuse

# What was missed while nothing ran is done once, not as often as it was missed.
DUE = """
    with known as (
        insert into schedules (name, due_at) select x.name, %(now)s
        from jsonb_to_recordset(%(every)s::jsonb) as x (name text, seconds int)
        on conflict do nothing
    ), free as (
        select s.name, x.seconds from schedules s
        join jsonb_to_recordset(%(every)s::jsonb) as x (name text, seconds int) on x.name = s.name
        where s.due_at <= %(now)s for update of s skip locked
    )
    update schedules s set struck_at = %(now)s, due_at = %(now)s + make_interval(secs => f.seconds)
    from free f where s.name = f.name returning s.name
"""
# Of each enrollment the newest moment that was told of is kept: told again is what has changed since.
NOTE = """
    with found as ({found}), noted as (
        insert into enrollment_notices as n (enrollment_id, kind, about) select id, %(kind)s, about from found
        on conflict (enrollment_id, kind) do update set about = excluded.about where n.about <> excluded.about
        returning enrollment_id, about
    )
    select e.id as enrollment_id, e.course_id, e.learner_id, n.about
    from noted n join enrollments e on e.id = n.enrollment_id order by e.id
"""
ENDED = NOTE.format(
    found="""
        select e.id, e.expires_at as about from enrollments e
        left join enrollment_notices n on n.enrollment_id = e.id and n.kind = %(kind)s
        where e.is_active and e.expires_at > %(after)s and e.expires_at <= %(until)s and e.status = any(%(statuses)s)
            and n.about is distinct from e.expires_at
        order by e.expires_at limit %(limit)s
    """
)
INACTIVE = NOTE.format(
    found="""
        select e.id, e.seen as about from (
            select id, course_id, status, expires_at, coalesce(last_activity_at, enrolled_at) as seen from enrollments
            where id > %(after)s order by id limit %(limit)s
        ) e join courses c on c.id = e.course_id and c.is_active and c.status = 'published'
        where e.status = 'active' and e.seen < %(since)s and (e.expires_at is null or e.expires_at > now())
    """
)
NEXT = "select id from enrollments where id > %(after)s order by id offset %(limit)s - 1 limit 1"
COULD_SEAT = """
    select n.course_id from course_counters n join courses c on c.id = n.course_id
    where n.course_id > %(after)s and n.waitlisted > 0 and c.is_active and c.status = 'published'
        and (c.seats is null or c.seats > n.seats_taken)
    order by n.course_id limit %(limit)s
"""
PURGES = {
    Refuse.CHALLENGES: "mfa_challenges where id in (select id from mfa_challenges where expires_at < %(before)s",
    Refuse.PASSKEY_OPTIONS: "spent_passkey_options where id in (select id from spent_passkey_options"
    " where expires_at < %(before)s",
    Refuse.TICKETS: "tickets where id in (select id from tickets where expires_at < %(before)s",
    Refuse.SIGN_INS: "sign_ins where id in (select id from sign_ins where at < %(before)s",
    Refuse.JOB_ROWS: "job_rows where (job_id, number) in (select r.job_id, r.number"
    " from job_rows r join jobs j on j.id = r.job_id where j.ended_at < %(before)s",
    Refuse.JOBS: "jobs where id in (select id from jobs where ended_at < %(before)s"
    " and not exists (select from job_rows where job_id = jobs.id)",
    Refuse.IDEMPOTENCY_KEYS: "idempotency_keys where (scope, key) in (select scope, key from idempotency_keys"
    " where created_at < %(before)s",
}
PURGE_JOB_FILES = """
    with old as (
        update jobs set file_name = null, version = version + 1 where file_name is not null and ended_at < %(before)s
    )
    delete from job_pieces where (job_id, number) in (
        select p.job_id, p.number from job_pieces p join jobs j on j.id = p.job_id
        where j.ended_at < %(before)s limit %(limit)s
    )
"""
PURGE_SESSIONS = """
    with old as (
        select id from sessions where expires_at < %(before)s or revoked_at < %(before)s limit %(limit)s
    ), spent as (delete from spent_refresh_tokens t using old where t.session_id = old.id)
    delete from sessions s using old where s.id = old.id
"""
# With the tasks of their letters, unless one of them is still to be done.
PURGE_WITH_TASKS = """
    with old as (
        select x.id from {table} x where x.id < %(before_id)s and {done} and not exists (
            select from tasks t where t.subject_id = x.id and t.state in ('waiting', 'held', 'sent', 'dead')
        )
        order by x.id limit %(limit)s
    ), letters as (delete from tasks t using old where t.subject_id = old.id)
    delete from {table} x using old where x.id = old.id
"""
WITH_MORE = {
    Refuse.JOB_FILES: PURGE_JOB_FILES,
    Refuse.SESSIONS: PURGE_SESSIONS,
    Refuse.NOTIFICATIONS: PURGE_WITH_TASKS.format(table="notifications", done="true"),
    Refuse.DIGESTS: PURGE_WITH_TASKS.format(table="digests", done="x.closed_at is not null"),
}
FIRST = UUID(int=0)
LONG_AGO = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class PgSchedules:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def due(self, *, now: datetime) -> list[Schedule]:
        every = [{"name": name, "seconds": int(span.total_seconds())} for name, span in EVERY.items()]
        given = {"now": now, "every": msgspec.json.encode(every).decode()}
        return [Schedule(row["name"]) for row in await fetch_all(self._conn, DUE, given)]


class PgUpkeep:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def access_ended(self, limit: int, /, *, now: datetime) -> Sequence[tuple[Names, datetime]]:
        given = {"kind": "ended", "after": LONG_AGO, "until": now, "limit": limit, "statuses": ["active", "completed"]}
        return _named(await fetch_all(self._conn, ENDED, given))

    async def access_ending(self, limit: int, /, *, now: datetime, until: datetime) -> Sequence[tuple[Names, datetime]]:
        given = {"kind": "ending", "after": now, "until": until, "limit": limit, "statuses": ["active"]}
        return _named(await fetch_all(self._conn, ENDED, given))

    async def inactive(
        self, after: UUID | None, limit: int, /, *, since: datetime
    ) -> tuple[Sequence[tuple[Names, datetime]], UUID | None]:
        given = {"kind": "inactive", "after": after or FIRST, "limit": limit, "since": since}
        found = _named(await fetch_all(self._conn, INACTIVE, given))
        last = await fetch_row(self._conn, NEXT, given)
        return found, last[0] if last else None

    async def could_seat(self, after: UUID | None, limit: int, /) -> Sequence[CourseId]:
        given = {"after": after or FIRST, "limit": limit}
        return [CourseId(row["course_id"]) for row in await fetch_all(self._conn, COULD_SEAT, given)]

    async def purge(self, what: Refuse, limit: int, /, *, before: datetime) -> int:
        if what is Refuse.DELIVERIES:
            return await PgDeliveries(self._conn).purge(before, limit)
        if what is Refuse.EVENTS:
            return await PgOutbox(self._conn).purge(before, limit)
        if what is Refuse.FEED:
            return await PgFeed(self._conn).purge(before, limit)
        statement = WITH_MORE.get(what) or f"delete from {PURGES[what]} limit %(limit)s)"
        given = {"before": before, "before_id": new_id(before), "limit": limit}
        return (await execute(self._conn, statement, given)).rowcount


def _named(rows: Sequence[dict[str, Any]]) -> list[tuple[Names, datetime]]:
    names = Names.__annotations__
    return [(msgspec.convert({name: row[name] for name in names}, Names), row["about"]) for row in rows]
