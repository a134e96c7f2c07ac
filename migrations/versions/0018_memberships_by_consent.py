"""Memberships are accepted. Those that are there are, since they were made.

Revision ID: 0018
Revises: 0017
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("memberships", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update memberships set accepted_at = added_at")


def downgrade() -> None:
    """Without the column an invitation would be a membership."""
    op.execute("delete from memberships where accepted_at is null")
    op.drop_column("memberships", "accepted_at")
