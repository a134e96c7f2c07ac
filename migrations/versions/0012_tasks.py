"""What follows from an event is a task of its own, and others are told of it in the feed.

Revision ID: 0012
Revises: 0011
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "tasks",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.Uuid(), nullable=True),
        sa.Column("at_once", sa.SmallInteger(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("taken_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", "reaction", name=op.f("pk_tasks")),
        postgresql_with={"fillfactor": "80", "autovacuum_vacuum_scale_factor": "0.02"},
    )
    active, held = sa.text("state in ('waiting', 'sent')"), sa.text("state = 'held'")
    op.create_index("ix_tasks_due", "tasks", ["queue", "due_at", "seq"], postgresql_where=active)
    op.create_index("ix_tasks_sent", "tasks", ["queue", "reaction", "lane"], postgresql_where=sa.text("state = 'sent'"))
    op.create_index(
        "ix_tasks_lane",
        "tasks",
        ["reaction", "lane", "seq"],
        postgresql_where=sa.text("state in ('waiting', 'sent', 'held')"),
    )
    op.create_index("ix_tasks_held", "tasks", ["queue", "reaction", "lane", "seq"], postgresql_where=held)
    op.create_index("ix_tasks_dead", "tasks", ["queue", "seq"], postgresql_where=sa.text("state = 'dead'"))
    op.create_index("ix_tasks_done", "tasks", ["queue", "ended_at"], postgresql_where=sa.text("state = 'done'"))
    op.create_table(
        "paused_queues",
        sa.Column("queue", sa.String(length=16), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("queue", name=op.f("pk_paused_queues")),
    )
    op.create_table(
        "feed",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.SmallInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_feed")),
        sa.UniqueConstraint("id", name=op.f("uq_feed_id")),
    )
    op.create_index(op.f("ix_feed_organization_id_position"), "feed", ["organization_id", "position"])
    op.create_table(
        "feed_sequences",
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("aggregate_id", name=op.f("pk_feed_sequences")),
    )
    # What was done stays done. Whatever was not is planned anew, with all its attempts.
    op.execute("""
        insert into tasks (subject_id, reaction, queue, seq, state, due_at, planned_at, ended_at)
        select i.event_id, i.reaction, case i.reaction when 'letter' then 'emails' else 'default' end,
            o.seq, 'done', o.at, o.at, coalesce(o.sent_at, o.at)
        from inbox i join outbox o on o.id = i.event_id
    """)
    op.drop_table("inbox")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at is null"))
    op.alter_column("outbox", "sent_at", new_column_name="planned_at")
    for column in ("attempts", "retry_at", "error"):
        op.drop_column("outbox", column)
    op.create_index("ix_outbox_unplanned", "outbox", ["seq"], postgresql_where=sa.text("planned_at is null"))


def downgrade() -> None:
    op.drop_index("ix_outbox_unplanned", table_name="outbox", postgresql_where=sa.text("planned_at is null"))
    op.add_column("outbox", sa.Column("attempts", sa.Integer(), server_default="0", nullable=False))
    op.add_column("outbox", sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox", sa.Column("error", sa.Text(), nullable=True))
    op.alter_column("outbox", "planned_at", new_column_name="sent_at")
    op.create_index("ix_outbox_unsent", "outbox", ["seq"], postgresql_where=sa.text("sent_at is null"))
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_inbox")),
    )
    op.execute("insert into inbox select subject_id, reaction from tasks where state = 'done'")
    op.execute("""
        update outbox o set sent_at = null where exists (
            select from tasks t where t.subject_id = o.id and t.state in ('waiting', 'held', 'sent')
        )
    """)
    op.drop_table("feed_sequences")
    op.drop_table("feed")
    op.drop_table("paused_queues")
    op.drop_table("tasks")
