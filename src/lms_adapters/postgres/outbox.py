"""The transactional outbox."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_adapters.postgres.base import metadata
from lms_domain.feed.public import VERSIONS
from lms_domain.kernel import Event, NotFound, new_id
from lms_domain.reactions import ERRANDS, LETTERS, REACTIONS, is_awaited
from lms_domain.tasks.ports import Written

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("planned_at", DateTime(timezone=True)),
    Index("ix_outbox_unplanned", "seq", postgresql_where=text("planned_at is null")),
)

EVENTS: dict[str, type[Event]] = {e.name: e for e in (*REACTIONS, *LETTERS, *ERRANDS, *VERSIONS)}

# One statement for one event and for ten thousand; others may take it in.
PUT = """
    insert into outbox (id, at, name, aggregate_id, payload, planned_at)
    select x.* from jsonb_to_recordset(%(events)s::jsonb)
        as x (id uuid, at timestamptz, name text, aggregate_id uuid, payload jsonb, planned_at timestamptz)
"""
# One plans at a time: then what is planned later is later in the feed, and in its lane.
TURN = "select pg_try_advisory_xact_lock(hashtext('lms:outbox:plan'))"
UNPLANNED = """
    select seq, name, payload from outbox where planned_at is null order by seq limit %(limit)s
    for update skip locked
"""
PLANNED = "update outbox set planned_at = %(now)s where seq = any(%(seqs)s)"
GET = "select name, payload from outbox where id = %(id)s"
# Ids tell when they were made (UUIDv7), and primary keys begin with them.
PURGE = """
    with old as (
        select o.id from outbox o
        where o.id < %(before)s and o.planned_at is not null and not exists (
            select from tasks t where t.subject_id = o.id and t.state in ('waiting', 'held', 'sent', 'dead')
        )
        order by o.id limit %(limit)s
    ), told as (delete from tasks t using old where t.subject_id = old.id)
    delete from outbox o using old where o.id = old.id
"""


def as_rows(events: Sequence[Event]) -> str:
    """What PUT is given. An event from which nothing follows has nowhere to go: it is born planned."""
    rows = [
        {
            "id": e.id,
            "at": e.at,
            "name": e.name,
            "aggregate_id": e.aggregate_id,
            "payload": e,
            "planned_at": None if is_awaited(e) else e.at,
        }
        for e in events
    ]
    return msgspec.json.encode(rows).decode()


class PgOutbox:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def put(self, events: Sequence[Event]) -> None:
        if events:
            await direct.execute(self._conn, PUT, {"events": as_rows(events)})

    async def get(self, event_id: UUID, /) -> Event:
        row = await direct.fetch_row(self._conn, GET, {"id": event_id})
        if row is None:
            raise NotFound(event_id=event_id)
        return event_of(*row)

    async def unplanned(self, limit: int, /) -> list[Written]:
        mine = await direct.fetch_row(self._conn, TURN, {})
        if not (mine and mine[0]):
            return []
        rows = await direct.fetch_all(self._conn, UNPLANNED, {"limit": limit})
        return [Written(row["seq"], event_of(row["name"], row["payload"])) for row in rows]

    async def planned(self, seqs: Sequence[int], /, *, now: datetime) -> None:
        await direct.execute(self._conn, PLANNED, {"now": now, "seqs": list(seqs)})

    async def purge(self, before: datetime, limit: int, /) -> int:
        given = {"before": new_id(before), "limit": limit}
        return (await direct.execute(self._conn, PURGE, given)).rowcount


def event_of(name: str, payload: object) -> Event:
    event: Event = msgspec.convert(payload, EVENTS[name])
    return event
