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
    for table in ("webhooks", "tasks"):
        op.add_column(table, sa.Column("is_slow", sa.Boolean(), server_default="false", nullable=False))
    op.drop_index("ix_tasks_due", table_name="tasks")
    op.create_index("ix_tasks_due", "tasks", ["queue", "is_slow", "due_at", "seq"], postgresql_where=DUE)


def downgrade() -> None:
    op.drop_index("ix_tasks_due", table_name="tasks")
    op.create_index("ix_tasks_due", "tasks", ["queue", "due_at", "seq"], postgresql_where=DUE)
    for table in ("tasks", "webhooks"):
        op.drop_column(table, "is_slow")
