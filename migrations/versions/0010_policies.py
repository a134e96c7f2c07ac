"""What organizations ask of how their people sign in.

Revision ID: 0010
Revises: 0009
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "organization_policies",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("mfa", sa.String(length=16), nullable=False),
        sa.Column("mfa_grace_days", sa.Integer(), nullable=False),
        sa.Column("mfa_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("email_domains", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("session_idle_minutes", sa.Integer(), nullable=True),
        sa.Column("session_minutes", sa.Integer(), nullable=True),
        sa.Column("password_score", sa.Integer(), nullable=True),
        sa.Column("staff_networks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_by", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"], ["organizations.id"], name=op.f("fk_organization_policies_organization_id")
        ),
        sa.PrimaryKeyConstraint("organization_id", name=op.f("pk_organization_policies")),
    )


def downgrade() -> None:
    op.drop_table("organization_policies")
