"""Search: passages of lessons, plain forms of words. What is listed is written anew by the relay.

Revision ID: 0003
Revises: 0002
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("lesson_texts", sa.Column("part", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("lesson_texts", "part", server_default=None)
    op.drop_constraint(op.f("pk_lesson_texts"), "lesson_texts", type_="primary")
    op.create_primary_key(op.f("pk_lesson_texts"), "lesson_texts", ["course_id", "position", "part"])
    op.drop_column("lesson_texts", "title")
    op.add_column("listings", sa.Column("is_whole", sa.Boolean(), nullable=False, server_default="true"))
    op.alter_column("listings", "is_whole", server_default=None)
    op.drop_index("ix_listings_words", table_name="listings", postgresql_using="gin")
    op.create_index(
        "ix_listings_partial", "listings", ["course_id"], unique=False, postgresql_where=sa.text("not is_whole")
    )
    op.drop_column("listings", "words")
    op.add_column("search_words", sa.Column("plain", sa.Text(), nullable=False, server_default=""))
    op.alter_column("search_words", "plain", server_default=None)
    op.execute("delete from search_words")
    _index_again()


def downgrade() -> None:
    op.execute("delete from search_words")
    op.drop_column("search_words", "plain")
    op.add_column("listings", sa.Column("words", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"))
    op.alter_column("listings", "words", server_default=None)
    op.drop_index("ix_listings_partial", table_name="listings", postgresql_where=sa.text("not is_whole"))
    op.create_index("ix_listings_words", "listings", ["words"], unique=False, postgresql_using="gin")
    op.drop_column("listings", "is_whole")
    op.add_column("lesson_texts", sa.Column("title", sa.Text(), nullable=False, server_default=""))
    op.alter_column("lesson_texts", "title", server_default=None)
    op.execute("delete from lesson_texts where part > 0")
    op.drop_constraint(op.f("pk_lesson_texts"), "lesson_texts", type_="primary")
    op.drop_column("lesson_texts", "part")
    op.create_primary_key(op.f("pk_lesson_texts"), "lesson_texts", ["course_id", "lesson_id"])


def _index_again() -> None:
    """The relay takes these as soon as the server runs; until then the catalog answers from what it has."""
    op.execute("""
        insert into outbox (id, at, name, aggregate_id, payload)
        select e.id, e.at, 'course.listing_outdated', e.course_id, to_jsonb(e)
        from (select gen_random_uuid() as id, now() as at, course_id from listings) e
    """)
