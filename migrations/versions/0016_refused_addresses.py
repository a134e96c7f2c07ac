"""Addresses that mail servers refuse for good.

Revision ID: 0016
Revises: 0015
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("users", sa.Column("email_refused_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("users", sa.Column("email_refusal", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("users", "email_refusal")
    op.drop_column("users", "email_refused_at")
