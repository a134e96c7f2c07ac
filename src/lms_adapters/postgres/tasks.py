"""Tasks: what is to be done, and what is done."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_adapters.postgres.outbox import event_of
from lms_adapters.postgres.tasks_claims import claim, free_held
from lms_domain.kernel import NotFound, UserId
from lms_domain.queues import QueueName
from lms_domain.tasks.model import Claimed, Failure, Freed, Lane, Named, PlannedTask, Task
from lms_domain.tasks.ports import Begun

ADD = """
    insert into tasks (subject_id, reaction, queue, lane, at_once, seq, state, due_at, planned_at)
    select x.subject_id, x.reaction, x.queue, x.lane, x.at_once, x.seq, 'waiting', %(now)s + x.wait, %(now)s
    from jsonb_to_recordset(%(tasks)s::jsonb)
        as x (subject_id uuid, reaction text, queue text, lane uuid, at_once smallint, seq bigint, wait interval)
    on conflict do nothing
"""
TAKE = """
    update tasks set taken_until = %(until)s, due_at = greatest(due_at, %(until)s), state = 'sent'
    where subject_id = %(subject)s and reaction = %(reaction)s and state in ('waiting', 'sent')
        and attempts = coalesce(%(attempt)s::int, attempts) and (taken_until is null or taken_until <= %(now)s)
        and not exists (select from paused_queues p where p.queue = tasks.queue)
"""
SET_ASIDE = """
    update tasks set is_slow = true, state = 'waiting', due_at = %(now)s, taken_until = null
    where subject_id = %(subject)s and reaction = %(reaction)s and state = 'sent' and not is_slow
"""
KEEP = """
    update tasks set taken_until = %(until)s, due_at = %(until)s
    where subject_id = %(subject)s and reaction = %(reaction)s and state = 'sent' and taken_until is not null
"""
FINISH = """
    update tasks set state = 'done', ended_at = %(now)s, error = null
    where subject_id = %(subject)s and reaction = %(reaction)s and state in ('waiting', 'sent')
        and (taken_until is not null or not exists (select from paused_queues p where p.queue = tasks.queue))
"""
# The event comes along, and whether another task is held by this one; if one is from now on, FREE_HELD finds it. Nobody
# waits for the disk at the commit: what a crash of the database may lose is lost with its effect.
BEGIN = f"""
    {FINISH} and attempts = coalesce(%(attempt)s::int, attempts) returning
        (select jsonb_build_array(o.name, o.payload) from outbox o where o.id = tasks.subject_id) as event,
        exists (
            select from tasks h
            where h.queue = tasks.queue and h.reaction = tasks.reaction and h.lane = tasks.lane and h.state = 'held'
        ) as has_next,
        set_config('synchronous_commit', 'off', true)
"""
FREE_NEXT = """
    update tasks t set state = 'waiting', due_at = greatest(t.due_at, %(now)s), is_slow = t.is_slow or n.is_slow from (
        select h.subject_id, h.reaction, d.is_slow from tasks d
        join tasks h on h.queue = d.queue and h.reaction = d.reaction and h.lane = d.lane and h.state = 'held'
        where d.subject_id = %(subject)s and d.reaction = %(reaction)s
            and (d.state in ('done', 'dead', 'dropped') or d.at_once is not null)
        order by h.seq limit 1 for update of h skip locked
    ) n where t.subject_id = n.subject_id and t.reaction = n.reaction
"""
FAILED = """
    update tasks set attempts = attempts + 1
    where subject_id = %(subject)s and reaction = %(reaction)s and state in ('waiting', 'sent')
    returning attempts
"""
POSTPONE = """
    update tasks set error = %(error)s, taken_until = null,
        state = case when %(until)s::timestamptz is null then 'dead' else 'waiting' end,
        due_at = coalesce(%(until)s, due_at),
        ended_at = case when %(until)s::timestamptz is null then %(now)s::timestamptz end
    where subject_id = %(subject)s and reaction = %(reaction)s
"""
CHOSEN = """
    state = 'dead' and queue = %(queue)s and (%(every)s or (subject_id, reaction) in (
        select x.subject_id, x.reaction from jsonb_to_recordset(%(tasks)s::jsonb)
            as x (subject_id uuid, reaction text)
    ))
"""
REVIVE = f"""
    update tasks set state = 'waiting', due_at = %(now)s, attempts = 0, taken_until = null, ended_at = null
    where {CHOSEN}
"""
DROP = f"update tasks set state = 'dropped', ended_at = %(now)s where {CHOSEN}"
PAUSE = """
    insert into paused_queues (queue, paused_at, paused_by) values (%(queue)s, %(now)s, %(by)s) on conflict do nothing
"""
RESUME = "delete from paused_queues where queue = %(queue)s"
# What was handed on while nobody took it; it may be lost.
RESEND = """
    update tasks set due_at = %(now)s
    where queue = %(queue)s and state = 'sent' and (taken_until is null or taken_until <= %(now)s)
"""


class PgTasks:
    """`has_freed`: something is due now that was not before this transaction."""

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn
        self.has_freed = False

    async def add(self, tasks: Sequence[PlannedTask], /, *, now: datetime) -> None:
        if tasks:
            await direct.execute(self._conn, ADD, {"now": now, "tasks": msgspec.json.encode(tasks).decode()})

    async def claim(self, rooms: Mapping[QueueName, int], /, *, now: datetime, until: datetime) -> Claimed:
        return await claim(self._conn, rooms, now=now, until=until)

    async def free_held(self, after: Lane | None, most: int, /, *, now: datetime) -> Freed:
        return await free_held(self._conn, after, most, now=now)

    async def take(self, task: Task, /, *, now: datetime, until: datetime) -> bool:
        return await self._changed(TAKE, task, now=now, until=until, attempt=task.attempt)

    async def set_aside(self, task: Task, /, *, now: datetime) -> bool:
        is_one = await self._changed(SET_ASIDE, task, now=now)
        self.has_freed |= is_one
        return is_one

    async def keep(self, task: Task, /, *, until: datetime) -> None:
        await self._changed(KEEP, task, until=until)

    async def begin(self, task: Task, /, *, now: datetime) -> Begun | None:
        given = {"subject": task.subject_id, "reaction": task.reaction, "attempt": task.attempt, "now": now}
        row = await direct.fetch_row(self._conn, BEGIN, given)
        if row is None:
            return None
        if row[0] is None:
            raise NotFound(event_id=task.subject_id)
        return Begun(event_of(*row[0]), has_next=row[1])

    async def finish(self, task: Task, /, *, now: datetime) -> bool:
        return await self._changed(FINISH, task, now=now)

    async def free_next(self, task: Task, /, *, now: datetime) -> bool:
        is_one = await self._changed(FREE_NEXT, task, now=now)
        self.has_freed |= is_one
        return is_one

    async def failed(self, task: Task, /) -> int | None:
        row = await direct.fetch_row(self._conn, FAILED, {"subject": task.subject_id, "reaction": task.reaction})
        return None if row is None else row[0]

    async def postpone(self, task: Task, failure: Failure, /, *, now: datetime) -> None:
        await self._changed(POSTPONE, task, now=now, error=failure.error, until=failure.until)

    async def revive(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int:
        return await self._chosen(REVIVE, queue, named, now)

    async def drop(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int:
        return await self._chosen(DROP, queue, named, now)

    async def pause(self, queue: QueueName, by: UserId | None, /, *, now: datetime) -> bool:
        return (await direct.execute(self._conn, PAUSE, {"queue": queue, "by": by, "now": now})).rowcount == 1

    async def resume(self, queue: QueueName, /, *, now: datetime) -> bool:
        given = {"queue": queue, "now": now}
        was_paused = (await direct.execute(self._conn, RESUME, given)).rowcount == 1
        if was_paused:
            await direct.execute(self._conn, RESEND, given)
        return was_paused

    async def _chosen(self, statement: str, queue: QueueName, named: Collection[Named] | None, now: datetime) -> int:
        rows = [{"subject_id": subject_id, "reaction": reaction} for subject_id, reaction in named or ()]
        given = {"queue": queue, "every": named is None, "tasks": msgspec.json.encode(rows).decode(), "now": now}
        return (await direct.execute(self._conn, statement, given)).rowcount

    async def _changed(self, statement: str, task: Task, **given: object) -> bool:
        given |= {"subject": task.subject_id, "reaction": task.reaction}
        return (await direct.execute(self._conn, statement, given)).rowcount == 1
