"""What is done by the clock.

Revision ID: 0013
Revises: 0012
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_schedules")),
    )
    op.create_table(
        "enrollment_notices",
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("about", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["enrollment_id"], ["enrollments.id"], name=op.f("fk_enrollment_notices_enrollment_id")
        ),
        sa.PrimaryKeyConstraint("enrollment_id", "kind", name=op.f("pk_enrollment_notices")),
    )
    op.create_table(
        "drifts",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kept", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_drifts")),
    )
    op.create_index(op.f("ix_drifts_found_at"), "drifts", ["found_at"])
    op.create_index(
        "ix_enrollments_expires_at",
        "enrollments",
        ["expires_at"],
        postgresql_where=sa.text("expires_at is not null and is_active"),
    )
    # Access that ended long ago is no news.
    op.execute("""
        insert into enrollment_notices (enrollment_id, kind, about)
        select id, 'ended', expires_at from enrollments where expires_at <= now() - interval '1 day'
    """)


def downgrade() -> None:
    op.drop_index(
        "ix_enrollments_expires_at",
        table_name="enrollments",
        postgresql_where=sa.text("expires_at is not null and is_active"),
    )
    op.drop_table("drifts")
    op.drop_table("enrollment_notices")
    op.drop_table("schedules")
