"""Spent refresh tokens, why a session ended, and versions of access tokens.

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "spent_refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=op.f("fk_spent_refresh_tokens_session_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_spent_refresh_tokens")),
    )
    op.create_index(op.f("ix_spent_refresh_tokens_session_id"), "spent_refresh_tokens", ["session_id"], unique=False)
    op.add_column("credentials", sa.Column("auth_version", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("credentials", "auth_version", server_default=None)
    op.add_column("credentials", sa.Column("outdated_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_credentials_outdated_at",
        "credentials",
        ["outdated_at"],
        unique=False,
        postgresql_where=sa.text("outdated_at is not null"),
    )
    op.add_column("sessions", sa.Column("previous_digest", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("sessions", sa.Column("ended_because", sa.String(length=32), nullable=True))
    op.drop_index(op.f("ix_sessions_user_id_created_at"), table_name="sessions")
    op.create_index(
        "ix_sessions_revoked_at",
        "sessions",
        ["revoked_at"],
        unique=False,
        postgresql_where=sa.text("revoked_at is not null"),
    )
    op.create_index(op.f("ix_sessions_user_id_last_used_at"), "sessions", ["user_id", "last_used_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sessions_user_id_last_used_at"), table_name="sessions")
    op.drop_index("ix_sessions_revoked_at", table_name="sessions", postgresql_where=sa.text("revoked_at is not null"))
    op.create_index(op.f("ix_sessions_user_id_created_at"), "sessions", ["user_id", "created_at"], unique=False)
    op.drop_column("sessions", "ended_because")
    op.drop_column("sessions", "rotated_at")
    op.drop_column("sessions", "previous_digest")
    op.drop_index(
        "ix_credentials_outdated_at", table_name="credentials", postgresql_where=sa.text("outdated_at is not null")
    )
    op.drop_column("credentials", "outdated_at")
    op.drop_column("credentials", "auth_version")
    op.drop_index(op.f("ix_spent_refresh_tokens_session_id"), table_name="spent_refresh_tokens")
    op.drop_table("spent_refresh_tokens")
