"""All there is of one person: read for them, and removed for good. A test goes through every column that holds text."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.rows import dict_row
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row, to_row
from lms_adapters.postgres.direct import driver, execute, fetch_all
from lms_adapters.postgres.identity_tables import erasures
from lms_domain.identity.erasure import Erasure
from lms_domain.kernel import UserId

BATCH = 500  # rows

# By table. What tokens are refused by stays until they are gone; who had them does not.
SCRUBS = {
    "sessions": "update sessions set user_agent = '', ip = null where user_id = %(user)s",
    "sign_ins": "delete from sign_ins where user_id = %(user)s",
    "credentials": "update credentials set password_hash = '' where user_id = %(user)s",
    "tickets": "delete from tickets where user_id = %(user)s",
    "totps": "delete from totps where user_id = %(user)s",
    "passkeys": "delete from passkeys where user_id = %(user)s",
    "recovery_codes": "delete from recovery_codes where user_id = %(user)s",
    "mfa_challenges": "delete from mfa_challenges where user_id = %(user)s",
    "api_tokens": "update api_tokens set name = '', prefix = '', networks = '[]' where user_id = %(user)s",
    "memberships": "delete from memberships where user_id = %(user)s",
    "course_staff": "delete from course_staff where user_id = %(user)s",
    "notifications": """
        with letters as (
            delete from tasks t using notifications n where n.user_id = %(user)s and t.subject_id = n.id
        )
        delete from notifications where user_id = %(user)s
    """,
    "digests": """
        with letters as (delete from tasks t using digests d where d.user_id = %(user)s and t.subject_id = d.id)
        delete from digests where user_id = %(user)s
    """,
    "notification_preferences": "delete from notification_preferences where user_id = %(user)s",
    "notification_counters": "delete from notification_counters where user_id = %(user)s",
    "reviews": "update reviews set body = '', version = version + 1 where learner_id = %(user)s and body <> ''",
    "idempotency_keys": """
        delete from idempotency_keys
        where scope = %(user)s::text or starts_with(scope, %(user)s::text || ' ') or %(user)s = any(people)
    """,
    "job_rows": "update job_rows set email = null where email = %(email)s",
    "job_pieces": "delete from job_pieces p using jobs j where j.id = p.job_id and j.created_by = %(user)s",
    "jobs": """
        with undone as (
            delete from job_rows r using jobs j where j.id = r.job_id and j.created_by = %(user)s and r.status is null
        )
        update jobs set result = '{}', problem = null, file_name = null, stage = '', version = version + 1,
            state = case when state in ('queued', 'running') then 'cancelled' else state end,
            ended_at = coalesce(ended_at, now())
        where created_by = %(user)s and kind <> 'erasure'
    """,
    # Why an admin stood in may tell anything; an error may quote an address.
    "outbox": "update outbox set payload = payload - 'reason' where aggregate_id = %(user)s and payload ? 'reason'",
    "tasks": """
        update tasks t set error = null from outbox o
        where o.aggregate_id = %(user)s and t.subject_id = o.id and t.error is not null
    """,
    # From where somebody else erased them is not of them.
    "audit_details": """
        delete from audit_details d using audit_entries e
        where d.seq = e.seq and %(user)s in (e.actor_id, e.acting_for_id, e.target_id)
            and not (e.action = 'user.erased' and e.actor_id is distinct from %(user)s)
    """,
}

# By the name of the file they are given in. Nothing that proves who somebody is: no hash, no secret.
PARTS = {
    "account": """
        select id, email, full_name, roles, locale, timezone, bio, metadata, is_active, email_verified_at,
            email_refused_at, email_refusal, created_at, updated_at, last_login_at
        from users where id = %(user)s
    """,
    "sessions": """
        select id, user_agent, ip, created_at, last_used_at, expires_at, revoked_at, ended_because
        from sessions where user_id = %(user)s order by created_at
    """,
    "sign_ins": "select at, outcome, ip, user_agent from sign_ins where user_id = %(user)s order by at",
    "letters": """
        select purpose, email, created_at, expires_at, used_at from tickets where user_id = %(user)s order by created_at
    """,
    "second_factors": "select created_at, confirmed_at from totps where user_id = %(user)s",
    "passkeys": """
        select name, transports, can_be_backed_up, is_backed_up, created_at, last_used_at
        from passkeys where user_id = %(user)s order by created_at
    """,
    "api_tokens": """
        select id, name, prefix, scopes, networks, created_at, expires_at, last_used_at, revoked_at
        from api_tokens where user_id = %(user)s order by created_at
    """,
    "memberships": """
        select m.organization_id, o.name as organization, m.role, m.added_at, m.accepted_at
        from memberships m join organizations o on o.id = m.organization_id
        where m.user_id = %(user)s order by m.added_at
    """,
    "teaching": """
        select s.course_id, c.page ->> 'title' as course, s.role, s.added_at
        from course_staff s join courses c on c.id = s.course_id where s.user_id = %(user)s order by s.added_at
    """,
    "enrollments": """
        select e.*, c.page ->> 'title' as course from enrollments e join courses c on c.id = e.course_id
        where e.learner_id = %(user)s order by e.id
    """,
    "progress": """
        select p.*, l.title as lesson from enrollments e join lesson_progress p on p.enrollment_id = e.id
        join lessons l on l.id = p.lesson_id where e.learner_id = %(user)s order by p.started_at, p.lesson_id
    """,
    "reviews": """
        select course_id, rating, body, created_at, updated_at from reviews
        where learner_id = %(user)s order by created_at
    """,
    "notifications": """
        select n.kind, n.at, n.read_at, n.moment, n.email, c.page ->> 'title' as course, a.title as announcement
        from notifications n join courses c on c.id = n.course_id left join announcements a on a.id = n.announcement_id
        where n.user_id = %(user)s order by n.position
    """,
    "notification_preferences": """
        select kinds, digest, updated_at from notification_preferences where user_id = %(user)s
    """,
    "announcements": """
        select a.course_id, c.page ->> 'title' as course, a.title, a.body, a.published_at, a.is_active
        from announcements a join courses c on c.id = a.course_id where a.author_id = %(user)s order by a.published_at
    """,
    "jobs": """
        select id, kind, state, organization_id, course_id, user_id, total, done, failed, stage, result, problem,
            file_name, created_at, started_at, ended_at
        from jobs where created_by = %(user)s order by created_at
    """,
    # Where others were when they did something is theirs.
    "audit": """
        select e.at, e.action, e.target_kind, e.target_id, e.before, e.after, coalesce(d.note, '{}') as note, e.via,
            case when e.actor_id = %(user)s then coalesce(d.ip, e.ip) end as ip,
            case when e.actor_id = %(user)s then coalesce(d.request_id, e.request_id) end as request_id
        from audit_entries e left join audit_details d on d.seq = e.seq
        where e.actor_id = %(user)s or e.target_id = %(user)s order by e.seq
    """,
}


class PgErasures:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def add(self, erasure: Erasure, /) -> None:
        await self._conn.execute(insert(erasures).values(to_row(erasure)))

    async def of(self, user_id: UserId, /) -> Erasure | None:
        row = (await self._conn.execute(select(erasures).where(erasures.c.user_id == user_id))).first()
        return None if row is None else from_row(row, Erasure)

    async def scrub(self, user_id: UserId, email: str, /) -> dict[str, int]:
        given = {"user": user_id, "email": email}
        counts = {name: (await execute(self._conn, scrub, given)).rowcount for name, scrub in SCRUBS.items()}
        return {name: count for name, count in counts.items() if count}


class PgPersonalData:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def parts(self, user_id: UserId, /) -> AsyncIterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        for name, part in PARTS.items():
            async for rows in self._batches(part, user_id):
                yield name, rows

    async def _batches(self, part: str, user_id: UserId) -> AsyncIterator[list[Mapping[str, Any]]]:
        """At least one, which may be empty."""
        rows: list[Mapping[str, Any]] = []
        async with driver(self._conn).cursor(row_factory=dict_row) as cursor:
            async for row in cursor.stream(part.encode(), {"user": user_id}):
                rows.append(row)
                if len(rows) == BATCH:
                    yield rows
                    rows = []
        yield rows

    async def addresses(self, user_id: UserId, /) -> list[str]:
        query = "select email from users where id = %(user)s union select email from tickets where user_id = %(user)s"
        return [row["email"] for row in await fetch_all(self._conn, query, {"user": user_id})]

    async def erasure(self, id: UUID, /) -> Erasure | None:
        row = (await self._conn.execute(select(erasures).where(erasures.c.id == id))).first()
        return None if row is None else from_row(row, Erasure)
