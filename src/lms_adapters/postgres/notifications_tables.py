"""The tables of notifications and announcements, and who may still read what they were told of."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

announcements = Table(
    "announcements",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("author_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "course_id", "published_at", "id", postgresql_where=text("is_active")),
)

notifications = Table(
    "notifications",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("announcement_id", Uuid, ForeignKey("announcements.id")),
    Column("moment", DateTime(timezone=True)),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("in_app", Boolean, nullable=False),
    Column("email", String(8), nullable=False),
    Column("digest_id", Uuid),
    Column("read_at", DateTime(timezone=True)),
    UniqueConstraint("user_id", "position"),
    UniqueConstraint("user_id", "subject_id"),
    Index("ix_notifications_unread", "user_id", "position", postgresql_where=text("in_app and read_at is null")),
    Index(
        "ix_notifications_gathered",
        "user_id",
        "digest_id",
        "position",
        postgresql_where=text("email = 'digest'"),
    ),
)

# Where each reader's list ends. It grows in the order of commits: who adds to it holds it until the transaction ends.
notification_counters = Table(
    "notification_counters",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

notification_preferences = Table(
    "notification_preferences",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("kinds", JSONB, nullable=False),
    Column("digest", String(8), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
)

digests = Table(
    "digests",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
    Index("uq_digests_open", "user_id", unique=True, postgresql_where=text("closed_at is null")),
)
