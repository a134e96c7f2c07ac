"""Tables of background work, and of the feed."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("subject_id", Uuid, primary_key=True),
    Column("reaction", Text, primary_key=True),
    Column("queue", String(16), nullable=False),
    Column("lane", Uuid),
    Column("at_once", SmallInteger),
    Column("is_slow", Boolean, nullable=False, server_default="false"),  # it keeps whoever does it waiting
    Column("seq", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),  # while sent: when the lease ends
    Column("taken_until", DateTime(timezone=True)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("ix_tasks_due", "queue", "is_slow", "due_at", "seq", postgresql_where=text("state in ('waiting', 'sent')")),
    Index("ix_tasks_sent", "queue", "reaction", "lane", postgresql_where=text("state = 'sent'")),
    Index("ix_tasks_lane", "reaction", "lane", "seq", postgresql_where=text("state in ('waiting', 'sent', 'held')")),
    Index("ix_tasks_held", "queue", "reaction", "lane", "seq", postgresql_where=text("state = 'held'")),
    Index("ix_tasks_dead", "queue", "seq", postgresql_where=text("state = 'dead'")),
    Index("ix_tasks_done", "queue", "ended_at", postgresql_where=text("state = 'done'")),
    # Three of four updates change what an index knows; room in the page keeps the fourth cheap.
    postgresql_with={"fillfactor": "80", "autovacuum_vacuum_scale_factor": "0.02"},
)

paused_queues = Table(
    "paused_queues",
    metadata,
    Column("queue", String(16), primary_key=True),
    Column("paused_at", DateTime(timezone=True), nullable=False),
    Column("paused_by", Uuid),
)

feed = Table(
    "feed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", SmallInteger, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("aggregate_id", Uuid, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("organization_id", Uuid),
    Column("data", JSONB, nullable=False),
    UniqueConstraint("id"),
    Index(None, "organization_id", "position"),
    Index(None, "kind", "position"),
)

feed_sequences = Table(
    "feed_sequences",
    metadata,
    Column("aggregate_id", Uuid, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
