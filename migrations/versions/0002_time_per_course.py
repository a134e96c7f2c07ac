"""Time is credited per enrollment, no longer per lesson; memberships have versions.

Revision ID: 0002
Revises: 0001
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("enrollments", sa.Column("credited_at", sa.DateTime(timezone=True), nullable=True))
    # What was spent on any lesson is spent.
    op.execute("""
        update enrollments e set credited_at = p.credited_at
        from (select enrollment_id, max(credited_at) as credited_at from lesson_progress group by 1) p
        where p.enrollment_id = e.id
    """)
    op.drop_column("lesson_progress", "credited_at")
    op.add_column("memberships", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.alter_column("memberships", "version", server_default=None)


def downgrade() -> None:
    op.drop_column("memberships", "version")
    op.add_column("lesson_progress", sa.Column("credited_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("""
        update lesson_progress p set credited_at = coalesce(e.credited_at, p.updated_at)
        from enrollments e where e.id = p.enrollment_id
    """)
    op.alter_column("lesson_progress", "credited_at", nullable=False)
    op.drop_column("enrollments", "credited_at")
