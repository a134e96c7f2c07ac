"""Tables of jobs, of what they are given, and of what they make."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

jobs = Table(
    "jobs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("created_by", Uuid, ForeignKey("users.id"), nullable=False),
    Column("organization_id", Uuid, ForeignKey("organizations.id")),
    Column("course_id", Uuid, ForeignKey("courses.id")),
    Column("user_id", Uuid, ForeignKey("users.id")),
    Column("state", String(16), nullable=False),
    Column("total", BigInteger),
    Column("done", BigInteger, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("stage", Text, nullable=False),
    Column("result", JSONB, nullable=False),
    Column("problem", JSONB(none_as_null=True)),
    Column("file_name", Text),
    Column("file_size", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index("ix_jobs_created_by", "created_by", "created_at", "id"),
    Index("ix_jobs_open", "created_by", postgresql_where=text("state in ('queued', 'running')")),
    Index("ix_jobs_ended_at", "ended_at", postgresql_where=text("ended_at is not null")),
    Index("ix_jobs_files", "ended_at", postgresql_where=text("file_name is not null")),
)

job_rows = Table(
    "job_rows",
    metadata,
    Column("job_id", Uuid, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("email", Text),
    Column("user_id", Uuid),
    Column("expires_at", DateTime(timezone=True)),
    Column("problem", Text),
    Column("status", String(16)),
    Column("enrollment_id", Uuid),
    Column("error", JSONB(none_as_null=True)),
    Index("ix_job_rows_email", "email", postgresql_where=text("email is not null")),
    Index("ix_job_rows_status", "job_id", "status", "number"),
)

job_pieces = Table(
    "job_pieces",
    metadata,
    Column("job_id", Uuid, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
