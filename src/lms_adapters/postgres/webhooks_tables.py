"""The tables of webhooks."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("url", Text, nullable=False),
    Column("kinds", JSONB, nullable=False),
    Column("description", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("disabled_at", DateTime(timezone=True)),
    Column("disabled_because", String(16)),
    Column("failing_since", DateTime(timezone=True)),
    Column("slow_until", DateTime(timezone=True)),
    Column("box", LargeBinary, nullable=False),
    Column("old_box", LargeBinary),
    Column("old_until", DateTime(timezone=True)),
    Column("is_active", Boolean, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "organization_id", "created_at", "id", postgresql_where=text("is_active")),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, ForeignKey("webhooks.id"), nullable=False),
    Column("event_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Text, nullable=False),  # not JSONB, which would spell it anew: it is signed to the letter
    Column("status", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("webhook_id", "event_id"),
    CheckConstraint("status in ('waiting', 'delivered', 'failed', 'dropped')", name="status"),
    Index(None, "webhook_id", "created_at", "id"),
    Index(None, "webhook_id", "status", "created_at", "id"),
)

webhook_attempts = Table(
    "webhook_attempts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("delivery_id", Uuid, ForeignKey("webhook_deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("url", Text, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("failure", String(32)),
    Column("excerpt", Text, nullable=False),
    UniqueConstraint("delivery_id", "number"),
)
