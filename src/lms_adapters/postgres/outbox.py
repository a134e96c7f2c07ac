"""The transactional outbox, and the inbox that makes redelivery harmless."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Identity, Index, Integer, Table, Text, Uuid, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import direct
from lms_adapters.postgres.base import metadata
from lms_domain.kernel import Event, NotFound
from lms_domain.reactions import LETTERS, REACTIONS, Claimed, Kinds, is_awaited

outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("id", Uuid, nullable=False, unique=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("name", Text, nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("payload", JSONB, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", DateTime(timezone=True)),
    Column("error", Text),
    Index("ix_outbox_unsent", "seq", postgresql_where=text("sent_at is null")),
)

inbox = Table(
    "inbox",
    metadata,
    Column("event_id", Uuid, primary_key=True),
    Column("reaction", Text, primary_key=True),
)

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # given up: waits for an operator

EVENTS: dict[str, type[Event]] = {e.name: e for e in (*REACTIONS, *LETTERS)}


# One statement for one event and for ten thousand; others may take it in.
PUT = """
    insert into outbox (id, at, name, aggregate_id, payload, sent_at)
    select x.* from jsonb_to_recordset(%(events)s::jsonb)
        as x (id uuid, at timestamptz, name text, aggregate_id uuid, payload jsonb, sent_at timestamptz)
"""


def as_rows(events: Sequence[Event]) -> str:
    """What PUT is given. An event that nobody reacts to has nowhere to go: it is born sent."""
    rows = [
        {
            "id": e.id,
            "at": e.at,
            "name": e.name,
            "aggregate_id": e.aggregate_id,
            "payload": e,
            "sent_at": None if is_awaited(e) else e.at,
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
        query = select(outbox.c.name, outbox.c.payload).where(outbox.c.id == event_id)
        row = (await self._conn.execute(query)).first()
        if row is None:
            raise NotFound(event_id=event_id)
        event: Event = msgspec.convert(row.payload, EVENTS[row.name])
        return event

    async def claim(self, kinds: Kinds, limit: int, /, *, now: datetime, until: datetime) -> list[Claimed]:
        free = (
            select(outbox.c.seq)
            .where(outbox.c.sent_at.is_(None), outbox.c.name.in_(kind.name for kind in kinds))
            .where(outbox.c.retry_at.is_(None) | (outbox.c.retry_at <= now))
            .order_by(outbox.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        claimed = (
            update(outbox)
            .where(outbox.c.seq.in_(free.scalar_subquery()))
            .values(retry_at=until)
            .returning(outbox.c.seq, outbox.c.name, outbox.c.payload, outbox.c.attempts)
        )
        rows = sorted(await self._conn.execute(claimed))
        return [Claimed(msgspec.convert(payload, EVENTS[name]), tries) for _, name, payload, tries in rows]

    async def sent(self, event_ids: Sequence[UUID], /, *, now: datetime) -> None:
        if event_ids:
            await self._conn.execute(update(outbox).where(outbox.c.id.in_(event_ids)).values(sent_at=now))

    async def postpone(self, event_id: UUID, /, *, until: datetime | None, error: str) -> None:
        values = {"attempts": outbox.c.attempts + 1, "retry_at": until or NEVER, "error": error[:2000]}
        await self._conn.execute(update(outbox).where(outbox.c.id == event_id).values(values))


class PgInbox:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def has(self, event_id: UUID, reaction: str, /) -> bool:
        query = select(inbox.c.event_id).where(inbox.c.event_id == event_id, inbox.c.reaction == reaction)
        return (await self._conn.execute(query)).first() is not None

    async def first_time(self, event_id: UUID, reaction: str, /) -> bool:
        row = {"event_id": event_id, "reaction": reaction}
        query = upsert(inbox).values(row).on_conflict_do_nothing().returning(inbox.c.event_id)
        return (await self._conn.execute(query)).first() is not None
