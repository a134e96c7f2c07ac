"""The feed by kind, and deliveries by status.

Revision ID: 0019
Revises: 0018
"""

from collections.abc import Sequence

from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(op.f("ix_feed_kind_position"), "feed", ["kind", "position"], unique=False)
    op.create_index(
        op.f("ix_webhook_deliveries_webhook_id_status_created_at_id"),
        "webhook_deliveries",
        ["webhook_id", "status", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_webhook_deliveries_webhook_id_status_created_at_id"), table_name="webhook_deliveries")
    op.drop_index(op.f("ix_feed_kind_position"), table_name="feed")
