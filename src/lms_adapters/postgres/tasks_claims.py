"""Which tasks a relay hands on, and which of those that are held it frees."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.model import Claimed, Freed, Lane, Task

# Of what may be so many at once one relay hands on at a time: two that looked at the same moment would send twice that.
TURN = "select pg_try_advisory_xact_lock(hashtext('lms:tasks:' || %(queue)s))"
# All is judged by one snapshot. A task that is being finished at this moment still stands in the way of the next one of
# its lane, which is held then, and freed by who finishes, or, if that was too early to see it, by FREE_HELD.
CLAIM = """
    with rooms as materialized (
        select q.*, q.most - (
            select count(*) from tasks s
            where s.queue = q.queue and s.is_slow = q.is_slow and s.state = 'sent' and s.due_at > %(now)s
        ) as free
        from jsonb_to_recordset(%(rooms)s::jsonb) as q (queue text, is_slow boolean, room int, most int, priority int)
        where not exists (select from paused_queues p where p.queue = q.queue)
    ), candidates as materialized (
        select c.*, q.priority, least(q.room, q.free) as free from rooms q
        cross join lateral (
            select t.subject_id, t.reaction, t.queue, t.is_slow, t.lane, t.at_once, t.seq, t.due_at, t.attempts
            from tasks t
            where t.queue = q.queue and t.is_slow = q.is_slow and t.state in ('waiting', 'sent') and t.due_at <= %(now)s
            order by t.due_at, t.seq
            limit case when q.free > 0 then q.room else 0 end
            for update skip locked
        ) c
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
    ), counted as (
        select *, count(*) filter (where goes) over (
            partition by queue, is_slow order by due_at, seq rows unbounded preceding
        ) as place from judged
    ), marked as (
        update tasks t set
            state = case when j.goes then 'sent' else 'held' end,
            due_at = case when j.goes then %(until)s else t.due_at end
        from counted j
        where t.subject_id = j.subject_id and t.reaction = j.reaction and not (j.goes and j.place > j.free)
        returning t.subject_id, t.reaction, t.queue, t.is_slow, j.attempts, j.goes, j.priority, j.seq
    )
    select subject_id, reaction, queue, is_slow, attempts, goes, set_config('synchronous_commit', 'off', true)
    from marked
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
        update tasks t set state = 'waiting', due_at = greatest(t.due_at, %(now)s) from seen h
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


async def claim(conn: AsyncConnection, rooms: Mapping[QueueName, int], *, now: datetime, until: datetime) -> Claimed:
    mine = [queue for queue, room in rooms.items() if room > 0 and await _has_turn(conn, queue)]
    asked = [asked for queue in mine for asked in _asked(queue, rooms[queue])]
    given = {"rooms": msgspec.json.encode(asked).decode(), "now": now, "until": until}
    rows = await direct.fetch_all(conn, CLAIM, given)
    tasks = [_task(row) for row in rows if row["goes"]]
    return Claimed(tasks, held=len(rows) - len(tasks), is_all=len(mine) == len(rooms))


async def _has_turn(conn: AsyncConnection, queue: QueueName) -> bool:
    """Before the snapshot by which all is judged."""
    if not QUEUES[queue].waits_outside:
        return True
    row = await direct.fetch_row(conn, TURN, {"queue": queue})
    return row is not None and row[0]


def _task(row: Mapping[str, Any]) -> Task:
    return Task(
        subject_id=row["subject_id"],
        reaction=row["reaction"],
        queue=QueueName(row["queue"]),
        attempt=row["attempts"],
        is_slow=row["is_slow"],
    )


async def free_held(conn: AsyncConnection, after: Lane | None, most: int, *, now: datetime) -> Freed:
    begin = after or Lane("", "", UUID(int=0))
    given = {"queue": begin.queue, "reaction": begin.reaction, "lane": begin.id, "most": most, "now": now}
    row = await direct.fetch_row(conn, FREE_HELD, given)
    count, seen, *last = row or (0, 0)
    return Freed(count, Lane(*last) if seen == most else None)


def _asked(queue: QueueName, room: int) -> list[dict[str, object]]:
    """What CLAIM is told of a queue."""
    how = QUEUES[queue]
    asked = {"queue": queue, "room": room, "most": how.window, "priority": how.priority}
    return [asked | {"is_slow": is_slow} for is_slow in ((False, True) if how.waits_outside else (False,))]
