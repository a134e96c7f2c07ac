"""The audit trail, which PostgreSQL lets grow and nothing else.

Revision ID: 0007
Revises: 0006
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# ALWAYS: session_replication_role does not switch them off. Whoever owns the tables can still disable them, which is
# why the application's own role does not, and why `lms audit verify` reads the chain.
REFUSAL = """
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    raise exception 'the audit trail is only ever added to' using errcode = 'insufficient_privilege';
end $$;
create trigger refuse_change before update or delete or truncate on audit_entries
    for each statement execute function refuse_audit_change();
create trigger refuse_removal before delete or truncate on audit_head
    for each statement execute function refuse_audit_change();
create trigger refuse_going_back before update on audit_head
    for each row when (new.seq <= old.seq) execute function refuse_audit_change();
alter table audit_entries enable always trigger refuse_change;
alter table audit_head enable always trigger refuse_removal;
alter table audit_head enable always trigger refuse_going_back;
"""


def upgrade() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=True),
        sa.Column("course_id", sa.Uuid(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("actor_id", sa.Uuid(), nullable=True),
        sa.Column("acting_for_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("api_token_id", sa.Uuid(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entries")),
    )
    op.create_index(op.f("ix_audit_entries_action_seq"), "audit_entries", ["action", "seq"], unique=False)
    op.create_index(op.f("ix_audit_entries_actor_id_seq"), "audit_entries", ["actor_id", "seq"], unique=False)
    op.create_index(op.f("ix_audit_entries_at"), "audit_entries", ["at"], unique=False)
    op.create_index(op.f("ix_audit_entries_course_id_seq"), "audit_entries", ["course_id", "seq"], unique=False)
    op.create_index(op.f("ix_audit_entries_ip_seq"), "audit_entries", ["ip", "seq"], unique=False)
    op.create_index(
        op.f("ix_audit_entries_organization_id_seq"), "audit_entries", ["organization_id", "seq"], unique=False
    )
    op.create_index(op.f("ix_audit_entries_request_id"), "audit_entries", ["request_id"], unique=False)
    op.create_index(op.f("ix_audit_entries_session_id"), "audit_entries", ["session_id"], unique=False)
    op.create_index(op.f("ix_audit_entries_target_id_seq"), "audit_entries", ["target_id", "seq"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.execute(REFUSAL)
    op.execute(
        "insert into audit_head (id, seq, hash, key_id, seal) values (1, 0, decode(repeat('00', 32), 'hex'), '', '')"
    )


def downgrade() -> None:
    op.drop_table("audit_head")
    op.drop_index(op.f("ix_audit_entries_target_id_seq"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_session_id"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_request_id"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_organization_id_seq"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_ip_seq"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_course_id_seq"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_at"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_actor_id_seq"), table_name="audit_entries")
    op.drop_index(op.f("ix_audit_entries_action_seq"), table_name="audit_entries")
    op.drop_table("audit_entries")
    op.execute("drop function refuse_audit_change")
