"""The tables of the enrollments context."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
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

from lms_adapters.postgres.base import metadata

enrollments = Table(
    "enrollments",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("learner_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("status", String(16), nullable=False),
    Column("source", String(16), nullable=False),
    Column("code_id", Uuid),
    Column("enrolled_by", Uuid, nullable=False),
    Column("enrolled_at", DateTime(timezone=True), nullable=False),
    Column("waitlisted_at", DateTime(timezone=True)),
    Column("expires_at", DateTime(timezone=True)),
    Column("completed_at", DateTime(timezone=True)),
    Column("dropped_at", DateTime(timezone=True)),
    Column("dropped_by", Uuid),  # whom staff took off the course, staff alone put back
    Column("last_activity_at", DateTime(timezone=True)),
    Column("last_lesson_id", Uuid),  # the resume point
    Column("credited_at", DateTime(timezone=True)),  # real time before this is spent
    Column("revision_id", Uuid, ForeignKey("revisions.id"), nullable=False),  # what the next three are measured against
    Column("required_total", Integer, nullable=False),
    Column("required_done", Integer, nullable=False),
    Column("progress_percent", SmallInteger, nullable=False),
    Column("is_active", Boolean, nullable=False),  # false: dropped
    Column("version", Integer, nullable=False),
    UniqueConstraint("course_id", "learner_id"),
    CheckConstraint("status in ('active', 'completed', 'waitlisted', 'dropped')", name="status"),
    CheckConstraint("source in ('self', 'code', 'staff', 'bulk')", name="source"),
    CheckConstraint("progress_percent between 0 and 100", name="progress_percent"),
    CheckConstraint("is_active = (status <> 'dropped')", name="is_active"),
    Index(None, "learner_id", "enrolled_at", "id"),
    Index(None, "course_id", "is_active", "enrolled_at", "id"),  # the roster, page by page
    Index(
        "ix_enrollments_waitlist", "course_id", "waitlisted_at", "id", postgresql_where=text("status = 'waitlisted'")
    ),
    Index("ix_enrollments_expires_at", "expires_at", postgresql_where=text("expires_at is not null and is_active")),
    # Every progress update writes here; no column of an index changes but at a turn of status.
    postgresql_with={"fillfactor": "80"},
)

lesson_progress = Table(
    "lesson_progress",
    metadata,
    Column("enrollment_id", Uuid, ForeignKey("enrollments.id"), primary_key=True),
    Column("lesson_id", Uuid, ForeignKey("lessons.id"), primary_key=True),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("position_seconds", Integer, nullable=False),
    Column("furthest_seconds", Integer, nullable=False),
    Column("time_spent_seconds", Integer, nullable=False),
    Column("viewed", Boolean, nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    postgresql_with={"fillfactor": "80"},
)

enrollment_codes = Table(
    "enrollment_codes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("max_uses", Integer),  # null: as often as there are seats
    Column("uses", Integer, nullable=False),
    Column("expires_at", DateTime(timezone=True)),
    Column("note", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_by", Uuid, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("code"),
    CheckConstraint("uses >= 0 and (max_uses is null or uses <= max_uses)", name="uses"),
    Index(None, "course_id", "created_at"),
)
