"""Notifications, preferences, digests and announcements in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.direct import execute, fetch_all, fetch_first, fetch_row
from lms_adapters.postgres.notifications_sight import JOINS, READS_ANNOUNCEMENT, SEES_COURSE
from lms_adapters.postgres.notifications_tables import announcements
from lms_domain.kernel import CourseId, Stale, UserId
from lms_domain.notifications.announcements import Announcement
from lms_domain.notifications.model import (
    DIGEST,
    NOTICE,
    Digest,
    DigestId,
    Notification,
    NotificationId,
    Preferences,
    Recipient,
    Subject,
)
from lms_domain.notifications.ports import Told
from lms_domain.queues import QueueName

FIRST = UUID(int=0)
PREFERENCES = "p.kinds, p.digest, p.updated_at, p.version"
_RECIPIENT = f"""
    select u.id as user_id, u.timezone, {PREFERENCES},
        u.email_verified_at is not null and u.email_refused_at is null as takes_letters
    from users u left join notification_preferences p on p.user_id = u.id
"""
_ONE = f"{_RECIPIENT} where u.id = %(user)s and u.is_active"
_CLASS = f"""
    {_RECIPIENT} join enrollments e on e.learner_id = u.id
    where e.course_id = %(course)s and e.learner_id > %(after)s and e.status in ('active', 'completed')
        and (e.expires_at > now()) is not false and u.is_active
    order by e.learner_id limit %(limit)s
"""
# In one order of readers, so that two who tell the same people never wait for each other.
_ADD = """
    with given as (
        select * from jsonb_to_recordset(%(made)s::jsonb) as x (
            id uuid, user_id uuid, kind text, subject_id uuid, course_id uuid, announcement_id uuid,
            moment timestamptz, at timestamptz, in_app boolean, email text
        )
    ), fresh as (
        select g.*, row_number() over (partition by g.user_id order by g.id) as step from given g where not exists (
            select from notifications n where n.user_id = g.user_id and n.subject_id = g.subject_id
        )
    ), counted as (
        insert into notification_counters as c (user_id, last)
        select user_id, count(*) from fresh group by user_id order by user_id
        on conflict (user_id) do update set last = c.last + excluded.last
        returning user_id, last
    ), made as (
        insert into notifications (
            id, user_id, position, kind, subject_id, course_id, announcement_id, moment, at, in_app, email
        )
        select f.id, f.user_id, c.last - (select count(*) from fresh o where o.user_id = f.user_id) + f.step, f.kind,
            f.subject_id, f.course_id, f.announcement_id, f.moment, f.at, f.in_app, f.email
        from fresh f join counted c using (user_id) order by f.user_id
        on conflict (user_id, subject_id) do nothing
        returning id, user_id, email
    ), letters as (
        insert into tasks (subject_id, reaction, queue, seq, state, due_at, planned_at)
        select id, %(reaction)s, %(queue)s, 0, 'waiting', %(now)s, %(now)s from made where email = 'at_once'
    )
    select user_id, email from made
"""
# Who has an open digest keeps it, and nobody closes it before this transaction ends and shows what it adds.
_OPEN = """
    with opened as (
        insert into digests as d (id, user_id, due_at)
        select x.* from jsonb_to_recordset(%(digests)s::jsonb) as x (id uuid, user_id uuid, due_at timestamptz)
        order by x.user_id
        on conflict (user_id) where closed_at is null do update set due_at = d.due_at
        returning d.id, d.due_at, d.xmax = 0 as is_new
    )
    insert into tasks (subject_id, reaction, queue, seq, state, due_at, planned_at)
    select id, %(reaction)s, %(queue)s, 0, 'waiting', due_at, %(now)s from opened where is_new
"""
_MARK_READ = """
    update notifications set read_at = coalesce(read_at, %(now)s)
    where id = %(id)s and user_id = %(user)s and in_app
"""
_MARK_ALL = """
    update notifications set read_at = %(now)s
    where user_id = %(user)s and in_app and read_at is null
        and (%(up_to)s::bigint is null or position <= %(up_to)s::bigint)
"""
_WAS_TOLD = """
    select from notifications where user_id = %(user)s and kind = %(kind)s and course_id = %(course)s
        and at > %(since)s and email <> 'off' limit 1
"""
_UNREAD = """
    select count(*) from (
        select from notifications n left join announcements a on a.id = n.announcement_id
        where n.user_id = %(user)s and n.in_app and n.read_at is null and a.is_active is not false limit %(most)s
    ) u
"""
_TOLD = f"""
    select n.user_id, n.kind, n.at, n.moment, c.page ->> 'title' as course_title, c.slug as course_slug,
        coalesce(a.title, '') as title, coalesce(a.body, '') as text, coalesce(a.html, '') as html
    from notifications n {JOINS}
    where {SEES_COURSE} and (a.id is null or {READS_ANNOUNCEMENT})
"""
_TOLD_ONE = f"{_TOLD} and n.id = %(id)s"
# Those who announce to one course at once are counted one after the other.
_TURN = "select pg_advisory_xact_lock(hashtextextended('lms:announcements:' || %(course)s::text, 0))"
_COUNT = "select count(*) from announcements where course_id = %(course)s and published_at > %(since)s"
_HELD = "select user_id, closed_at from digests where id = %(id)s for update"
_CLOSE = "update digests set closed_at = %(now)s where id = %(id)s"
_GATHER = """
    update notifications set digest_id = %(id)s
    where user_id = %(user)s and email = 'digest' and digest_id is null
"""
_GATHERED = f"""
    {_TOLD} and n.user_id = (select user_id from digests where id = %(id)s) and n.email = 'digest'
        and n.digest_id = %(id)s
    order by n.position limit %(limit)s
"""
_SAVE = """
    insert into notification_preferences as p (user_id, kinds, digest, updated_at, version)
    values (%(user)s, %(kinds)s::jsonb, %(digest)s, %(now)s, %(version)s + 1)
    on conflict (user_id) do update set kinds = excluded.kinds, digest = excluded.digest,
        updated_at = excluded.updated_at, version = excluded.version
    where p.version = %(version)s
"""


class PgNotifications:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def recipient(self, user_id: UserId, /) -> Recipient | None:
        row = await fetch_first(self._conn, _ONE, {"user": user_id})
        return None if row is None else _recipient(row)

    async def class_of(self, course_id: CourseId, after: UserId | None, limit: int, /) -> list[Recipient]:
        given = {"course": course_id, "after": after or FIRST, "limit": limit}
        return [_recipient(row) for row in await fetch_all(self._conn, _CLASS, given)]

    async def add(self, made: Sequence[Notification], digests: Sequence[Digest], /, *, now: datetime) -> int:
        if not made:
            return 0
        rows = [_row(each) for each in made]
        given = {"reaction": NOTICE, "queue": QueueName.NOTIFICATIONS, "now": now}
        added = await fetch_all(self._conn, _ADD, given | {"made": _json(rows)})
        gathered = {row["user_id"] for row in added if row["email"] == DIGEST}
        wanted = [digest for digest in digests if digest.user_id in gathered]
        if wanted:
            await execute(self._conn, _OPEN, given | {"reaction": DIGEST, "digests": _json(wanted)})
        return len(added)

    async def mark_read(self, user_id: UserId, id: NotificationId, /, *, now: datetime) -> bool:
        given = {"id": id, "user": user_id, "now": now}
        return (await execute(self._conn, _MARK_READ, given)).rowcount == 1

    async def mark_all_read(self, user_id: UserId, up_to: int | None, /, *, now: datetime) -> None:
        await execute(self._conn, _MARK_ALL, {"user": user_id, "up_to": up_to, "now": now})

    async def unread(self, user_id: UserId, most: int, /) -> int:
        return await unread_of(self._conn, user_id, most)

    async def was_told(self, user_id: UserId, subject: Subject, /, *, since: datetime) -> bool:
        given = {"user": user_id, "kind": subject.kind, "course": subject.course_id, "since": since}
        return await fetch_row(self._conn, _WAS_TOLD, given) is not None

    async def told(self, id: NotificationId, /) -> Told | None:
        row = await fetch_first(self._conn, _TOLD_ONE, {"id": id})
        return None if row is None else msgspec.convert(row, Told)

    async def close(self, id: DigestId, /, *, now: datetime) -> UserId | None:
        held = await fetch_row(self._conn, _HELD, {"id": id})
        if held is None:
            return None
        user_id, closed_at = held
        if closed_at is None:
            await execute(self._conn, _CLOSE, {"id": id, "now": now})
            await execute(self._conn, _GATHER, {"id": id, "user": user_id})
        return UserId(user_id)

    async def gathered(self, id: DigestId, limit: int, /) -> list[Told]:
        rows = await fetch_all(self._conn, _GATHERED, {"id": id, "limit": limit})
        return [msgspec.convert(row, Told) for row in rows]


class PgPreferences:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, user_id: UserId, /) -> Preferences:
        query = f"select {PREFERENCES} from notification_preferences p where p.user_id = %(user)s"
        row = await fetch_first(self._conn, query, {"user": user_id})
        return preferences_in({"user_id": user_id} | (row or {}))

    async def save(self, preferences: Preferences, /) -> None:
        given = {
            "user": preferences.user_id,
            "kinds": _json(preferences.kinds),
            "digest": preferences.digest,
            "now": preferences.updated_at,
            "version": preferences.version,
        }
        if (await execute(self._conn, _SAVE, given)).rowcount == 0:
            raise Stale
        preferences.version += 1


class PgAnnouncements(PgRepository[Announcement]):
    entity = Announcement
    table = announcements

    async def count(self, course_id: CourseId, /, *, since: datetime) -> int:
        await execute(self._conn, _TURN, {"course": course_id})
        row = await fetch_row(self._conn, _COUNT, {"course": course_id, "since": since})
        return row[0] if row else 0


async def unread_of(conn: AsyncConnection, user_id: UserId, most: int) -> int:
    row = await fetch_row(conn, _UNREAD, {"user": user_id, "most": most})
    return row[0] if row else 0


def preferences_in(row: dict[str, Any]) -> Preferences:
    """Of a row that has them, or has only nulls where there are none."""
    names = ("user_id", "kinds", "digest", "updated_at", "version")
    return msgspec.convert({name: row[name] for name in names if row.get(name) is not None}, Preferences)


def _recipient(row: dict[str, Any]) -> Recipient:
    return Recipient(preferences=preferences_in(row), timezone=row["timezone"], takes_letters=row["takes_letters"])


def _row(made: Notification) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(made)
    subject = row.pop("subject")
    return {**row, **subject, "id": row["id"], "subject_id": subject["id"]}


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
