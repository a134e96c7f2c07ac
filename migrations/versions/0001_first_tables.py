"""First tables, and the default organization.

Revision ID: 0001
Revises: -
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_blobs")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("reaction", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "reaction", name=op.f("pk_inbox")),
    )
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organizations")),
        sa.UniqueConstraint("slug", name=op.f("uq_organizations_slug")),
    )
    op.create_index(
        "uq_organizations_is_default", "organizations", ["is_default"], unique=True, postgresql_where="is_default"
    )
    op.create_table(
        "outbox",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outbox")),
        sa.UniqueConstraint("id", name=op.f("uq_outbox_id")),
    )
    op.create_index("ix_outbox_unsent", "outbox", ["seq"], unique=False, postgresql_where=sa.text("sent_at is null"))
    op.create_table(
        "search_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("plain", sa.Text(), nullable=False),
        sa.Column("grams", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_words")),
    )
    op.create_index("ix_search_words_grams", "search_words", ["grams"], unique=False, postgresql_using="gin")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("bio", sa.Text(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_login_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_index(
        "ix_users_metadata",
        "users",
        ["metadata"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )
    op.create_table(
        "assets",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_assets_organization_id")),
        sa.ForeignKeyConstraint(["sha256"], ["blobs.sha256"], name=op.f("fk_assets_sha256")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_assets")),
        sa.UniqueConstraint("organization_id", "sha256", name=op.f("uq_assets_organization_id_sha256")),
    )
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("page", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("published_revision_id", sa.Uuid(), nullable=True),
        sa.Column("visibility", sa.String(length=16), nullable=False),
        sa.Column("price", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("enrollment_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("enrollment_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("access_days", sa.Integer(), nullable=True),
        sa.Column("prerequisite_ids", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status in ('draft', 'published', 'unpublished', 'archived')", name=op.f("ck_courses_status")
        ),
        sa.CheckConstraint("visibility in ('public', 'members')", name=op.f("ck_courses_visibility")),
        sa.CheckConstraint("seats > 0", name=op.f("ck_courses_seats")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_courses_organization_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("organization_id", "source_key", name=op.f("uq_courses_organization_id_source_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_courses_slug")),
    )
    op.create_index(
        "ix_courses_metadata",
        "courses",
        ["metadata"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )
    op.create_index(
        op.f("ix_courses_organization_id_updated_at"), "courses", ["organization_id", "updated_at"], unique=False
    )
    op.create_table(
        "credentials",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_credentials_user_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_credentials")),
    )
    op.create_table(
        "memberships",
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('admin', 'instructor', 'student')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"], name=op.f("fk_memberships_organization_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id")),
        sa.PrimaryKeyConstraint("organization_id", "user_id", name=op.f("pk_memberships")),
    )
    op.create_index(op.f("ix_memberships_user_id"), "memberships", ["user_id"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("refresh_digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=False),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("refresh_digest", name=op.f("uq_sessions_refresh_digest")),
    )
    op.create_index(op.f("ix_sessions_user_id_created_at"), "sessions", ["user_id", "created_at"], unique=False)
    op.create_table(
        "course_counters",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("seats_taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("waitlisted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("enrollment_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("completed_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("review_count", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rating_sum", sa.Integer(), server_default="0", nullable=False),
        sa.Column(
            "rating",
            sa.Integer(),
            sa.Computed("case when review_count = 0 then 0 else rating_sum * 1000 / review_count end", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("seats_taken >= 0", name=op.f("ck_course_counters_seats_taken")),
        sa.CheckConstraint("waitlisted >= 0", name=op.f("ck_course_counters_waitlisted")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_counters_course_id")),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_course_counters")),
    )
    op.create_index(
        op.f("ix_course_counters_enrollment_count_course_id"),
        "course_counters",
        ["enrollment_count", "course_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_course_counters_rating_course_id"), "course_counters", ["rating", "course_id"], unique=False
    )
    op.create_table(
        "course_staff",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role in ('owner', 'instructor', 'assistant')", name=op.f("ck_course_staff_role")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_staff_course_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_course_staff_user_id")),
        sa.PrimaryKeyConstraint("course_id", "user_id", name=op.f("pk_course_staff")),
    )
    op.create_index(op.f("ix_course_staff_user_id"), "course_staff", ["user_id"], unique=False)
    op.create_table(
        "enrollment_codes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "uses >= 0 and (max_uses is null or uses <= max_uses)", name=op.f("ck_enrollment_codes_uses")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrollment_codes_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollment_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_enrollment_codes_code")),
    )
    op.create_index(
        op.f("ix_enrollment_codes_course_id_created_at"), "enrollment_codes", ["course_id", "created_at"], unique=False
    )
    op.create_table(
        "lesson_texts",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_lesson_texts_course_id")),
        sa.PrimaryKeyConstraint("course_id", "position", "part", name=op.f("pk_lesson_texts")),
    )
    op.create_index("ix_lesson_texts_document", "lesson_texts", ["document"], unique=False, postgresql_using="gin")
    op.create_table(
        "listings",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.Column("estimated_minutes", sa.Integer(), nullable=True),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("price_amount", sa.Integer(), nullable=True),
        sa.Column("price_currency", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("document", postgresql.TSVECTOR(), nullable=False),
        sa.Column("ranked", postgresql.TSVECTOR(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_listings_course_id")),
        sa.PrimaryKeyConstraint("course_id", name=op.f("pk_listings")),
    )
    op.create_index(op.f("ix_listings_category_published_at"), "listings", ["category", "published_at"], unique=False)
    op.create_index(op.f("ix_listings_config"), "listings", ["config"], unique=False)
    op.create_index("ix_listings_document", "listings", ["document"], unique=False, postgresql_using="gin")
    op.create_index(
        op.f("ix_listings_organization_id_published_at"), "listings", ["organization_id", "published_at"], unique=False
    )
    op.create_index(op.f("ix_listings_published_at_course_id"), "listings", ["published_at", "course_id"], unique=False)
    op.create_index(
        "ix_listings_partial", "listings", ["course_id"], unique=False, postgresql_where=sa.text("not is_whole")
    )
    op.create_index("ix_listings_tags", "listings", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_listings_title_course_id"), "listings", ["title", "course_id"], unique=False)
    op.create_index(op.f("ix_listings_updated_at_course_id"), "listings", ["updated_at", "course_id"], unique=False)
    op.create_table(
        "revisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("page", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("lesson_count", sa.Integer(), nullable=False),
        sa.Column("required_count", sa.Integer(), nullable=False),
        sa.Column("total_seconds", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_revisions_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("course_id", "number", name=op.f("uq_revisions_course_id_number")),
    )
    op.create_table(
        "sections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_sections_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
    )
    op.create_index(op.f("ix_sections_course_id_position"), "sections", ["course_id", "position"], unique=False)
    op.create_table(
        "enrollments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("code_id", sa.Uuid(), nullable=True),
        sa.Column("enrolled_by", sa.Uuid(), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waitlisted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dropped_by", sa.Uuid(), nullable=True),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_lesson_id", sa.Uuid(), nullable=True),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("required_total", sa.Integer(), nullable=False),
        sa.Column("required_done", sa.Integer(), nullable=False),
        sa.Column("progress_percent", sa.SmallInteger(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("is_active = (status <> 'dropped')", name=op.f("ck_enrollments_is_active")),
        sa.CheckConstraint("source in ('self', 'code', 'staff', 'bulk')", name=op.f("ck_enrollments_source")),
        sa.CheckConstraint(
            "status in ('active', 'completed', 'waitlisted', 'dropped')", name=op.f("ck_enrollments_status")
        ),
        sa.CheckConstraint("progress_percent between 0 and 100", name=op.f("ck_enrollments_progress_percent")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_enrollments_course_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["users.id"], name=op.f("fk_enrollments_learner_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_enrollments_revision_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrollments")),
        sa.UniqueConstraint("course_id", "learner_id", name=op.f("uq_enrollments_course_id_learner_id")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_index(
        op.f("ix_enrollments_course_id_is_active_enrolled_at_id"),
        "enrollments",
        ["course_id", "is_active", "enrolled_at", "id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_enrollments_learner_id_enrolled_at_id"),
        "enrollments",
        ["learner_id", "enrolled_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_enrollments_waitlist",
        "enrollments",
        ["course_id", "waitlisted_at", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'waitlisted'"),
    )
    op.create_table(
        "lessons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("completion_rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind in ('text', 'video', 'file', 'quiz', 'assignment', 'link')", name=op.f("ck_lessons_kind")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_lessons_course_id")),
        sa.ForeignKeyConstraint(["section_id"], ["sections.id"], name=op.f("fk_lessons_section_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
    )
    op.create_index(op.f("ix_lessons_course_id_position"), "lessons", ["course_id", "position"], unique=False)
    op.create_index(
        "ix_lessons_metadata",
        "lessons",
        ["metadata"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )
    op.create_index(op.f("ix_lessons_section_id_position"), "lessons", ["section_id", "position"], unique=False)
    op.create_table(
        "lesson_contents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_lesson_contents_lesson_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_contents")),
        sa.UniqueConstraint("lesson_id", "digest", name=op.f("uq_lesson_contents_lesson_id_digest")),
    )
    op.create_table(
        "lesson_progress",
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("position_seconds", sa.Integer(), nullable=False),
        sa.Column("furthest_seconds", sa.Integer(), nullable=False),
        sa.Column("time_spent_seconds", sa.Integer(), nullable=False),
        sa.Column("viewed", sa.Boolean(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name=op.f("fk_lesson_progress_enrollment_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_lesson_progress_lesson_id")),
        sa.PrimaryKeyConstraint("enrollment_id", "lesson_id", name=op.f("pk_lesson_progress")),
        postgresql_with={"fillfactor": "80"},
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("enrollment_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("learner_id", sa.Uuid(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("rating between 1 and 5", name=op.f("ck_reviews_rating")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_reviews_course_id")),
        sa.ForeignKeyConstraint(["enrollment_id"], ["enrollments.id"], name=op.f("fk_reviews_enrollment_id")),
        sa.ForeignKeyConstraint(["learner_id"], ["users.id"], name=op.f("fk_reviews_learner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("enrollment_id", name=op.f("uq_reviews_enrollment_id")),
    )
    op.create_index(
        "ix_reviews_course_id_created_at",
        "reviews",
        ["course_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_index(
        "ix_reviews_course_id_rating",
        "reviews",
        ["course_id", "rating", "id"],
        unique=False,
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "revision_lessons",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("lesson_id", sa.Uuid(), nullable=False),
        sa.Column("section_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("preview", sa.Boolean(), nullable=False),
        sa.Column("completion_rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["lesson_contents.id"], name=op.f("fk_revision_lessons_content_id")),
        sa.ForeignKeyConstraint(["lesson_id"], ["lessons.id"], name=op.f("fk_revision_lessons_lesson_id")),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_revision_lessons_revision_id")),
        sa.PrimaryKeyConstraint("revision_id", "lesson_id", name=op.f("pk_revision_lessons")),
    )
    op.create_index(
        op.f("ix_revision_lessons_revision_id_position"), "revision_lessons", ["revision_id", "position"], unique=False
    )
    # Courses belong to it unless they say otherwise.
    op.execute("""
        insert into organizations (id, slug, name, is_default, metadata, is_active, created_at, updated_at, version)
        values ('00000000-0000-0000-0000-000000000001', 'default', 'Default organization', true, '{}', true, now(), now(), 1)
    """)


def downgrade() -> None:
    op.drop_index(op.f("ix_revision_lessons_revision_id_position"), table_name="revision_lessons")
    op.drop_table("revision_lessons")
    op.drop_index("ix_reviews_course_id_rating", table_name="reviews", postgresql_where=sa.text("is_active"))
    op.drop_index("ix_reviews_course_id_created_at", table_name="reviews", postgresql_where=sa.text("is_active"))
    op.drop_table("reviews")
    op.drop_table("lesson_progress")
    op.drop_table("lesson_contents")
    op.drop_index(op.f("ix_lessons_section_id_position"), table_name="lessons")
    op.drop_index(
        "ix_lessons_metadata",
        table_name="lessons",
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )
    op.drop_index(op.f("ix_lessons_course_id_position"), table_name="lessons")
    op.drop_table("lessons")
    op.drop_index(
        "ix_enrollments_waitlist", table_name="enrollments", postgresql_where=sa.text("status = 'waitlisted'")
    )
    op.drop_index(op.f("ix_enrollments_learner_id_enrolled_at_id"), table_name="enrollments")
    op.drop_index(op.f("ix_enrollments_course_id_is_active_enrolled_at_id"), table_name="enrollments")
    op.drop_table("enrollments")
    op.drop_index(op.f("ix_sections_course_id_position"), table_name="sections")
    op.drop_table("sections")
    op.drop_table("revisions")
    op.drop_index(op.f("ix_listings_updated_at_course_id"), table_name="listings")
    op.drop_index(op.f("ix_listings_title_course_id"), table_name="listings")
    op.drop_index("ix_listings_partial", table_name="listings", postgresql_where=sa.text("not is_whole"))
    op.drop_index("ix_listings_tags", table_name="listings", postgresql_using="gin")
    op.drop_index(op.f("ix_listings_published_at_course_id"), table_name="listings")
    op.drop_index(op.f("ix_listings_organization_id_published_at"), table_name="listings")
    op.drop_index("ix_listings_document", table_name="listings", postgresql_using="gin")
    op.drop_index(op.f("ix_listings_config"), table_name="listings")
    op.drop_index(op.f("ix_listings_category_published_at"), table_name="listings")
    op.drop_table("listings")
    op.drop_index("ix_lesson_texts_document", table_name="lesson_texts", postgresql_using="gin")
    op.drop_table("lesson_texts")
    op.drop_index(op.f("ix_enrollment_codes_course_id_created_at"), table_name="enrollment_codes")
    op.drop_table("enrollment_codes")
    op.drop_index(op.f("ix_course_staff_user_id"), table_name="course_staff")
    op.drop_table("course_staff")
    op.drop_index(op.f("ix_course_counters_rating_course_id"), table_name="course_counters")
    op.drop_index(op.f("ix_course_counters_enrollment_count_course_id"), table_name="course_counters")
    op.drop_table("course_counters")
    op.drop_index(op.f("ix_sessions_user_id_created_at"), table_name="sessions")
    op.drop_table("sessions")
    op.drop_index(op.f("ix_memberships_user_id"), table_name="memberships")
    op.drop_table("memberships")
    op.drop_table("credentials")
    op.drop_index(op.f("ix_courses_organization_id_updated_at"), table_name="courses")
    op.drop_index(
        "ix_courses_metadata",
        table_name="courses",
        postgresql_using="gin",
        postgresql_ops={"metadata": "jsonb_path_ops"},
    )
    op.drop_table("courses")
    op.drop_table("assets")
    op.drop_index(
        "ix_users_metadata", table_name="users", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}
    )
    op.drop_table("users")
    op.drop_index("ix_search_words_grams", table_name="search_words", postgresql_using="gin")
    op.drop_table("search_words")
    op.drop_index("ix_outbox_unsent", table_name="outbox", postgresql_where=sa.text("sent_at is null"))
    op.drop_table("outbox")
    op.drop_index("uq_organizations_is_default", table_name="organizations", postgresql_where="is_default")
    op.drop_table("organizations")
    op.drop_table("inbox")
    op.drop_index(op.f("ix_idempotency_keys_created_at"), table_name="idempotency_keys")
    op.drop_table("idempotency_keys")
    op.drop_table("blobs")
