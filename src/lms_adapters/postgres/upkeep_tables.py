"""Tables of what is done by the clock."""

from sqlalchemy import Column, DateTime, ForeignKey, Index, String, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

schedules = Table(
    "schedules",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("struck_at", DateTime(timezone=True)),
)

# What was told of an enrollment by the clock: of each moment once.
enrollment_notices = Table(
    "enrollment_notices",
    metadata,
    Column("enrollment_id", Uuid, ForeignKey("enrollments.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("about", DateTime(timezone=True), nullable=False),
)

drifts = Table(
    "drifts",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("kept", JSONB, nullable=False),
    Column("counted", JSONB, nullable=False),
    Column("found_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index(None, "found_at"),
)
