"""What was erased, and what of the audit trail goes with a person.

Revision ID: 0009
Revises: 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Details go with a person and are never changed: `lms audit verify` finds any that went without one.
REFUSAL = """
create trigger refuse_change before update or truncate on audit_details
    for each statement execute function refuse_audit_change();
alter table audit_details enable always trigger refuse_change;
"""


def upgrade() -> None:
    op.create_table(
        "audit_details",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_details")),
    )
    op.create_index(op.f("ix_audit_details_ip_seq"), "audit_details", ["ip", "seq"], unique=False)
    op.create_index(op.f("ix_audit_details_request_id"), "audit_details", ["request_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=16), nullable=False),
        sa.Column("removed", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_erasures_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("user_id", name=op.f("uq_erasures_user_id")),
    )
    op.add_column("audit_entries", sa.Column("commitment", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(REFUSAL)


def downgrade() -> None:
    op.drop_column("users", "erased_at")
    op.drop_column("audit_entries", "commitment")
    op.drop_table("erasures")
    op.drop_index(op.f("ix_audit_details_request_id"), table_name="audit_details")
    op.drop_index(op.f("ix_audit_details_ip_seq"), table_name="audit_details")
    op.drop_table("audit_details")
