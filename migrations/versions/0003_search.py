"""Search: passages of lessons, plain forms of words; totals of the catalog.

What is listed is written anew by the relay.

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
    _keep_totals()


def downgrade() -> None:
    op.execute("drop trigger count_listing on listings")
    op.execute("drop function count_listing")
    op.drop_table("listing_totals")
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


def _keep_totals() -> None:
    """By a trigger, so that whoever writes a listing, the totals are right."""
    op.create_table(
        "listing_totals",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("is_free", sa.Boolean(), nullable=False),
        sa.Column("courses", sa.Integer(), nullable=False),
        sa.CheckConstraint("courses >= 0", name=op.f("ck_listing_totals_courses")),
        sa.PrimaryKeyConstraint(
            "organization_id",
            "visibility",
            "category",
            "level",
            "language",
            "is_free",
            name=op.f("pk_listing_totals"),
        ),
    )
    op.execute("""
        insert into listing_totals
        select organization_id, visibility, coalesce(category, ''), level, language, price_amount is null, count(*)
        from listings group by 1, 2, 3, 4, 5, 6
    """)
    op.execute("""
        create function count_listing() returns trigger language plpgsql as $$
        begin
            if tg_op = 'UPDATE' and (old.organization_id, old.visibility, old.category, old.level, old.language,
                    old.price_amount is null) is not distinct from (new.organization_id, new.visibility, new.category,
                    new.level, new.language, new.price_amount is null) then
                return null;
            end if;
            if tg_op <> 'INSERT' then
                update listing_totals set courses = courses - 1
                where organization_id = old.organization_id and visibility = old.visibility
                    and category = coalesce(old.category, '') and level = old.level and language = old.language
                    and is_free = (old.price_amount is null);
            end if;
            if tg_op <> 'DELETE' then
                insert into listing_totals as t values (new.organization_id, new.visibility, coalesce(new.category, ''),
                    new.level, new.language, new.price_amount is null, 1)
                on conflict (organization_id, visibility, category, level, language, is_free)
                    do update set courses = t.courses + 1;
            end if;
            return null;
        end $$
    """)
    op.execute("""
        create trigger count_listing
        after insert or delete or update of organization_id, visibility, category, level, language, price_amount
        on listings for each row execute function count_listing()
    """)
