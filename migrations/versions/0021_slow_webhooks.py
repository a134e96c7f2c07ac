"""Webhooks that are slow, and tasks that wait with others of their kind.

Revision ID: 0021
Revises: 0020
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

DUE = sa.text("state in ('waiting', 'sent')")


def upgrade() -> None:
    op.add_column("webhooks", sa.Column("slow_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("tasks", sa.Column("is_slow", sa.Boolean(), server_default="false", nullable=False))
    op.drop_index("ix_tasks_due", table_name="tasks")
    op.create_index("ix_tasks_due", "tasks", ["queue", "is_slow", "due_at", "seq"], postgresql_where=DUE)


def downgrade() -> None:
    op.drop_index("ix_tasks_due", table_name="tasks")
    op.create_index("ix_tasks_due", "tasks", ["queue", "due_at", "seq"], postgresql_where=DUE)
    op.drop_column("tasks", "is_slow")
    op.drop_column("webhooks", "slow_until")
