"""Tasks: what is to be done, and what is done."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_adapters.postgres.outbox import event_of
from lms_domain.kernel import NotFound, UserId
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.model import Failure, Freed, Lane, Named, PlannedTask, Task
from lms_domain.tasks.ports import Begun

ADD = """
    insert into tasks (subject_id, reaction, queue, lane, at_once, seq, state, due_at, planned_at)
    select x.subject_id, x.reaction, x.queue, x.lane, x.at_once, x.seq, 'waiting', %(now)s + x.wait, %(now)s
    from jsonb_to_recordset(%(tasks)s::jsonb)
        as x (subject_id uuid, reaction text, queue text, lane uuid, at_once smallint, seq bigint, wait interval)
    on conflict do nothing
"""
# All is judged by one snapshot. A task that is being finished at this moment still stands in the way of the next one of
# its lane, which is held then, and freed by who finishes, or, if that was too early to see it, by FREE_HELD.
CLAIM = """
    with candidates as materialized (
        select c.* from jsonb_to_recordset(%(rooms)s::jsonb)
            as q (queue text, is_slow boolean, room int, most int, priority int)
        cross join lateral (
            select t.subject_id, t.reaction, t.queue, t.lane, t.at_once, t.seq, t.attempts, q.priority from tasks t
            where t.queue = q.queue and t.is_slow = q.is_slow and t.state in ('waiting', 'sent') and t.due_at <= %(now)s
            order by t.due_at, t.seq
            limit greatest(0, least(q.room, q.most - (
                select count(*) from tasks s
                where s.queue = q.queue and s.is_slow = q.is_slow and s.state = 'sent' and s.due_at > %(now)s
            )))
            for update skip locked
        ) c
        where not exists (select from paused_queues p where p.queue = q.queue)
    ), judged as (
        select c.*, case
            when c.lane is null then true
            when c.at_once is null then c.seq = (
                select o.seq from tasks o
                where o.reaction = c.reaction and o.lane = c.lane and o.state in ('waiting', 'sent', 'held')
                order by o.seq limit 1
            )
            else c.at_once >= row_number() over (partition by c.reaction, c.lane order by c.seq) + (
                select count(*) from tasks s
                where s.queue = c.queue and s.reaction = c.reaction and s.lane = c.lane and s.state = 'sent'
                    and s.due_at > %(now)s
            )
        end as goes from candidates c
    ), marked as (
        update tasks t set
            state = case when j.goes then 'sent' else 'held' end,
            due_at = case when j.goes then %(until)s else t.due_at end
        from judged j where t.subject_id = j.subject_id and t.reaction = j.reaction
        returning t.subject_id, t.reaction, t.queue, j.attempts, j.goes, j.priority, j.seq
    )
    select subject_id, reaction, queue, attempts, goes, set_config('synchronous_commit', 'off', true) from marked
    order by priority, seq
"""
# From lane to lane by the index, and of each to the first that is held alone, however many are held behind it.
FREE_HELD = """
    with recursive lanes as (
        (
            select t.queue, t.reaction, t.lane, t.at_once, t.seq, t.subject_id from tasks t
            where t.state = 'held' and (t.queue, t.reaction, t.lane) > (%(queue)s, %(reaction)s, %(lane)s)
            order by t.queue, t.reaction, t.lane, t.seq limit 1
        ) union all
        select n.* from lanes l cross join lateral (
            select t.queue, t.reaction, t.lane, t.at_once, t.seq, t.subject_id from tasks t
            where t.state = 'held' and (t.queue, t.reaction, t.lane) > (l.queue, l.reaction, l.lane)
            order by t.queue, t.reaction, t.lane, t.seq limit 1
        ) n
    ), seen as materialized (
        select * from lanes limit %(most)s
    ), freed as (
        update tasks t set state = 'waiting' from seen h
        where t.subject_id = h.subject_id and t.reaction = h.reaction and t.state = 'held' and case
            when h.at_once is null then h.seq = (
                select o.seq from tasks o
                where o.reaction = h.reaction and o.lane = h.lane and o.state in ('waiting', 'sent', 'held')
                order by o.seq limit 1
            )
            else h.at_once > (
                select count(*) from tasks s
                where s.queue = h.queue and s.reaction = h.reaction and s.lane = h.lane and s.state = 'sent'
            )
        end
        returning t.seq
    )
    select (select count(*) from freed), count(*) over (), queue, reaction, lane from seen
    order by queue desc, reaction desc, lane desc limit 1
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
    update tasks set state = 'waiting' where (subject_id, reaction) = (
        select h.subject_id, h.reaction from tasks d
        join tasks h on h.queue = d.queue and h.reaction = d.reaction and h.lane = d.lane and h.state = 'held'
        where d.subject_id = %(subject)s and d.reaction = %(reaction)s
            and (d.state in ('done', 'dead', 'dropped') or d.at_once is not null)
        order by h.seq limit 1 for update of h skip locked
    )
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

    async def claim(self, rooms: Mapping[QueueName, int], /, *, now: datetime, until: datetime) -> list[Task]:
        asked = [asked for queue, room in rooms.items() if room > 0 for asked in _asked(queue, room)]
        given = {"rooms": msgspec.json.encode(asked).decode(), "now": now, "until": until}
        return [
            Task(
                subject_id=row["subject_id"],
                reaction=row["reaction"],
                queue=QueueName(row["queue"]),
                attempt=row["attempts"],
            )
            for row in await direct.fetch_all(self._conn, CLAIM, given)
            if row["goes"]
        ]

    async def free_held(self, after: Lane | None, most: int, /) -> Freed:
        begin = after or Lane("", "", UUID(int=0))
        given = {"queue": begin.queue, "reaction": begin.reaction, "lane": begin.id, "most": most}
        row = await direct.fetch_row(self._conn, FREE_HELD, given)
        count, seen, *last = row or (0, 0)
        return Freed(count, Lane(*last) if seen == most else None)

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

    async def free_next(self, task: Task, /) -> bool:
        is_one = await self._changed(FREE_NEXT, task)
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


def _asked(queue: QueueName, room: int) -> list[dict[str, object]]:
    """What CLAIM is told of a queue."""
    how = QUEUES[queue]
    asked = {"queue": queue, "room": room, "most": how.window, "priority": how.priority}
    return [asked | {"is_slow": is_slow} for is_slow in ((False, True) if how.waits_outside else (False,))]
