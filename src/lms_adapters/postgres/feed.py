"""The feed: one order of everything that others are told."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_domain.feed.model import FeedEvent
from lms_domain.feed.views import FeedLine, Wanted

# Whoever appends holds the turn to plan (see outbox), so positions are given in the order in which they become visible:
# a reader who has seen one has seen all before it. The newest row is never purged; the next position follows from it.
APPEND = """
    with fresh as (
        select x.*, row_number() over (order by x.rank) as place,
            row_number() over (partition by x.aggregate_id order by x.rank) as step
        from jsonb_to_recordset(%(events)s::jsonb) as x (
            rank int, id uuid, kind text, version smallint, at timestamptz, aggregate_id uuid, organization_id uuid,
            course_id uuid, data jsonb
        )
    ), counted as (
        insert into feed_sequences as s (aggregate_id, last)
        select aggregate_id, count(*) from fresh group by aggregate_id
        on conflict (aggregate_id) do update set last = s.last + excluded.last
        returning s.aggregate_id, s.last
    )
    insert into feed (position, id, kind, version, at, aggregate_id, sequence, organization_id, data)
    select (select coalesce(max(position), 0) from feed) + f.place, f.id, f.kind, f.version, f.at, f.aggregate_id,
        n.last - (select count(*) from fresh x where x.aggregate_id = f.aggregate_id) + f.step,
        coalesce(f.organization_id, c.organization_id), f.data
    from fresh f join counted n on n.aggregate_id = f.aggregate_id left join courses c on c.id = f.course_id
"""
PURGE = """
    delete from feed where position in (
        select position from feed where at < %(before)s and position < (select max(position) from feed)
        order by position limit %(limit)s
    )
"""


class PgFeed:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def append(self, events: Sequence[FeedEvent], /) -> None:
        if events:
            rows = [msgspec.to_builtins(event) | {"rank": rank} for rank, event in enumerate(events)]
            await direct.execute(self._conn, APPEND, {"events": msgspec.json.encode(rows).decode()})

    async def purge(self, before: datetime, limit: int, /) -> int:
        return (await direct.execute(self._conn, PURGE, {"before": before, "limit": limit})).rowcount


BOUNDS = """
    select coalesce((select min(position) from feed), 1), coalesce((select max(position) from feed), 0)
"""
AFTER = """
    select position::text as cursor, id, kind, version, at, aggregate_id, sequence, organization_id, data from feed
    where position > %(position)s {of_organization} {of_kind} order by position limit %(limit)s
"""
OF_ORGANIZATION = "and organization_id = %(organization_id)s"
OF_KIND = "and kind = any(%(kinds)s)"


class PgFeedReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def bounds(self) -> tuple[int, int]:
        first, last = await direct.fetch_row(self._conn, BOUNDS, {}) or (1, 0)
        return first, last

    async def after(self, position: int, wanted: Wanted, limit: int, /) -> list[FeedLine]:
        statement = AFTER.format(
            of_organization=OF_ORGANIZATION if wanted.organization_id else "", of_kind=OF_KIND if wanted.kinds else ""
        )
        given = {"position": position, "organization_id": wanted.organization_id, "limit": limit}
        rows = await direct.fetch_all(self._conn, statement, given | {"kinds": list(wanted.kinds)})
        return [msgspec.convert(row, FeedLine) for row in rows]
