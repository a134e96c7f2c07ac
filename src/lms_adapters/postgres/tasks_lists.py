"""How background work stands."""

from typing import Annotated

import msgspec
from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.keyset import Keyset
from lms_domain.kernel import Page, PageRequest
from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.views import Backlog, DeadTask, QueueView, Standing

Seq = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
# Each subquery reads an index that holds no more than it counts.
STANDING = """
    select q.name, o.waiting, o.held, o.retrying, o.under_way, o.oldest_seconds,
        (select count(*) from tasks t where t.queue = q.name and t.state = 'dead') as dead,
        (select count(*) from tasks t where t.queue = q.name and t.state = 'done'
            and t.ended_at > now() - interval '1 minute') as done_last_minute,
        (select count(*) from tasks t where t.queue = q.name and t.state = 'done'
            and t.ended_at > now() - interval '1 hour') as done_last_hour,
        p.paused_at, p.paused_by
    from unnest(%(names)s::text[]) with ordinality as q (name, rank)
    left join paused_queues p on p.queue = q.name
    cross join lateral (
        select count(*) filter (where t.state <> 'sent') as waiting, count(*) filter (where t.state = 'held') as held,
            count(*) filter (where t.state <> 'sent' and t.attempts > 0) as retrying,
            count(*) filter (where t.state = 'sent') as under_way,
            coalesce(greatest(extract(epoch from now() - min(
                case when t.state = 'sent' then t.planned_at else t.due_at end
            )), 0), 0)::float8 as oldest_seconds
        from (
            select * from tasks a where a.queue = q.name and a.state in ('waiting', 'sent')
            union all select * from tasks h where h.queue = q.name and h.state = 'held'
        ) t
    ) o
    order by q.rank
"""
BACKLOG = """
    select count(*) as unplanned, coalesce(extract(epoch from now() - min(at)), 0)::float8 as oldest_seconds
    from outbox where planned_at is null
"""
DEAD = """
    select t.subject_id, t.reaction, t.queue, coalesce(o.name, d.kind) as event, t.attempts, t.error, t.planned_at,
        t.ended_at as given_up_at, t.seq, t.subject_id as id
    from tasks t left join outbox o on o.id = t.subject_id left join webhook_deliveries d on d.id = t.subject_id
    where t.queue = %(queue)s and t.state = 'dead'
        and (%(key)s::bigint is null or (t.seq, t.subject_id) > (%(key)s, %(last_id)s))
    order by t.seq, t.subject_id limit %(size)s offset %(skip)s
"""
DEAD_COUNT = """
    select count(*) as total from (
        select from tasks where queue = %(queue)s and state = 'dead' limit %(most)s
    ) n
"""


class PgTaskLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def standing(self) -> Standing:
        rows = await fetch_all(self._conn, STANDING, {"names": sorted(QUEUES, key=lambda name: QUEUES[name].priority)})
        events = await fetch_first(self._conn, BACKLOG, {})
        return Standing(
            queues=[msgspec.convert(row, QueueView) for row in rows], events=msgspec.convert(events, Backlog)
        )

    async def dead(self, queue: QueueName, paging: PageRequest, /) -> Page[DeadTask]:
        keyset = Keyset.of(paging, "seq", "dead", queue, kind=Seq)
        rows = await fetch_all(self._conn, DEAD, {"queue": queue} | keyset.parameters)
        total = await fetch_all(self._conn, DEAD_COUNT, {"queue": queue, "most": COUNT_LIMIT + 1})
        return keyset.page(rows, DeadTask, total[0]["total"])
