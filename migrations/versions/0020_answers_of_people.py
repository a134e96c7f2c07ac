"""Of whom kept answers tell. What requests in flight had written of people who were erased before goes.

Revision ID: 0020
Revises: 0019
"""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


# `lms audit verify` takes for granted what is missing up to the entry of the erasure, and nothing behind it.
SCRUBS = (
    "delete from sign_ins s using erasures x where s.user_id = x.user_id",
    "update reviews r set body = '', version = version + 1 from erasures x where r.learner_id = x.user_id and r.body <> ''",
    """
    delete from audit_details d using audit_entries e, erasures x, audit_entries last
    where d.seq = e.seq and e.actor_id = x.user_id and e.seq <= last.seq
        and last.action = 'user.erased' and last.target_kind = 'user' and last.target_id = x.user_id
    """,
)


def upgrade() -> None:
    people: sa.Column[list[UUID]] = sa.Column("people", sa.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    op.add_column("idempotency_keys", people)
    for scrub in SCRUBS:
        op.execute(scrub)


def downgrade() -> None:
    op.drop_column("idempotency_keys", "people")
