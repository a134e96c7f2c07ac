"""The tables of the courses context: the draft, the revisions, and the counters of a course."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR

from lms_adapters.postgres.base import metadata

courses = Table(
    "courses",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("slug", Text, nullable=False),
    Column("page", JSONB, nullable=False),
    Column("status", String(16), nullable=False),
    Column("published_revision_id", Uuid),
    Column("visibility", String(16), nullable=False),
    Column("price", JSONB(none_as_null=True)),
    Column("seats", Integer),
    Column("enrollment_opens_at", DateTime(timezone=True)),
    Column("enrollment_closes_at", DateTime(timezone=True)),
    Column("access_days", Integer),
    Column("prerequisite_ids", JSONB, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("source_key", Text),
    Column("is_active", Boolean, nullable=False),
    Column("created_by", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("slug"),
    UniqueConstraint("organization_id", "source_key"),
    CheckConstraint("status in ('draft', 'published', 'unpublished', 'archived')", name="status"),
    CheckConstraint("visibility in ('public', 'members')", name="visibility"),
    CheckConstraint("seats > 0", name="seats"),
    Index("ix_courses_metadata", "metadata", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}),
    Index(None, "organization_id", "updated_at"),
)

# The turnstile: whoever changes who is on a course locks this row first, see docs/concurrency.md.
course_counters = Table(
    "course_counters",
    metadata,
    Column("course_id", Uuid, ForeignKey("courses.id"), primary_key=True),
    Column("seats_taken", Integer, nullable=False, server_default="0"),  # active and completed
    Column("waitlisted", Integer, nullable=False, server_default="0"),
    Column(
        "enrollment_count", Integer, nullable=False, server_default="0"
    ),  # active and completed, what the catalog shows
    Column("completed_count", Integer, nullable=False, server_default="0"),
    Column("review_count", Integer, nullable=False, server_default="0"),
    Column("rating_sum", Integer, nullable=False, server_default="0"),
    # The average in thousandths, for the catalog's order.
    Column(
        "rating",
        Integer,
        Computed("case when review_count = 0 then 0 else rating_sum * 1000 / review_count end", persisted=True),
        nullable=False,
    ),
    CheckConstraint("seats_taken >= 0", name="seats_taken"),
    CheckConstraint("waitlisted >= 0", name="waitlisted"),
    Index(None, "enrollment_count", "course_id"),
    Index(None, "rating", "course_id"),
)

course_staff = Table(
    "course_staff",
    metadata,
    Column("course_id", Uuid, ForeignKey("courses.id"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("added_by", Uuid),
    Column("added_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("role in ('owner', 'instructor', 'assistant')", name="role"),
    Index(None, "user_id"),
)

sections = Table(
    "sections",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("source_key", Text),
    Column("is_active", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "course_id", "position"),
)

lessons = Table(
    "lessons",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("section_id", Uuid, ForeignKey("sections.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", JSONB, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("preview", Boolean, nullable=False),
    Column("completion_rule", JSONB, nullable=False),
    Column("duration_seconds", Integer),
    Column("position", Integer, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("source_key", Text),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("kind in ('text', 'video', 'file', 'quiz', 'assignment', 'link')", name="kind"),
    Index(None, "course_id", "position"),
    Index(None, "section_id", "position"),
    Index("ix_lessons_metadata", "metadata", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}),
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("page", JSONB, nullable=False),
    Column("sections", JSONB, nullable=False),
    Column("lesson_count", Integer, nullable=False),
    Column("required_count", Integer, nullable=False),
    Column("total_seconds", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),
    Column("published_by", Uuid),
    UniqueConstraint("course_id", "number"),
)

lesson_contents = Table(
    "lesson_contents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("lesson_id", Uuid, ForeignKey("lessons.id"), nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256 of the canonical JSON
    Column("content", JSONB, nullable=False),
    UniqueConstraint("lesson_id", "digest"),
)

revision_lessons = Table(
    "revision_lessons",
    metadata,
    Column("revision_id", Uuid, ForeignKey("revisions.id"), primary_key=True),
    Column("lesson_id", Uuid, ForeignKey("lessons.id"), primary_key=True),
    Column("section_id", Uuid, nullable=False),
    Column("position", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("required", Boolean, nullable=False),
    Column("preview", Boolean, nullable=False),
    Column("completion_rule", JSONB, nullable=False),
    Column("duration_seconds", Integer),
    Column("metadata", JSONB, nullable=False),
    Column("content_id", Uuid, ForeignKey("lesson_contents.id"), nullable=False),
    Index(None, "revision_id", "position"),
)

# What the catalog shows: one narrow row per published course, written at publish and on changed settings.
listings = Table(
    "listings",
    metadata,
    Column("course_id", Uuid, ForeignKey("courses.id"), primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("slug", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("category", Text),
    Column("tags", ARRAY(Text), nullable=False),
    Column("thumbnail", Text),
    Column("estimated_minutes", Integer),
    Column("lesson_count", Integer, nullable=False),
    Column("price_amount", Integer),  # null: free
    Column("price_currency", Text),
    Column("visibility", Text, nullable=False),
    Column("published_at", DateTime(timezone=True), nullable=False),  # first time
    Column("updated_at", DateTime(timezone=True), nullable=False),  # newest revision
    Column("config", Text, nullable=False),  # the text search configuration of its language
    Column("is_whole", Boolean, nullable=False),  # whether the document has every word of the course
    Column("document", TSVECTOR, nullable=False),  # everything, the most of the lessons without positions
    Column(
        "ranked", TSVECTOR, nullable=False
    ),  # A title, B summary tags objectives, C some description: small enough to rank thousands
    Index("ix_listings_document", "document", postgresql_using="gin"),
    Index("ix_listings_partial", "course_id", postgresql_where=text("not is_whole")),
    Index("ix_listings_tags", "tags", postgresql_using="gin"),
    Index(None, "config"),
    Index(None, "published_at", "course_id"),
    Index(None, "updated_at", "course_id"),
    Index(None, "title", "course_id"),
    Index(None, "category", "published_at"),
    Index(None, "organization_id", "published_at"),
)

# How many courses are listed with the same of everything that a total may ask for. A trigger on `listings` keeps it.
listing_totals = Table(
    "listing_totals",
    metadata,
    Column("organization_id", Uuid, primary_key=True),
    Column("visibility", Text, primary_key=True),
    Column("category", Text, primary_key=True),  # empty: none
    Column("level", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("is_free", Boolean, primary_key=True),
    Column("courses", Integer, nullable=False),
    CheckConstraint("courses >= 0", name="courses"),
)

# The readable text of each published lesson in passages: where phrases are found, and a search says why it found.
lesson_texts = Table(
    "lesson_texts",
    metadata,
    Column("course_id", Uuid, ForeignKey("courses.id"), primary_key=True),
    Column("position", Integer, primary_key=True),  # of the lesson in its course
    Column("part", Integer, primary_key=True),
    Column("lesson_id", Uuid, nullable=False),
    Column("body", Text, nullable=False),
    Column("document", TSVECTOR, nullable=False),
    Index("ix_lesson_texts_document", "document", postgresql_using="gin"),
)

# The words of courses, for an answer when one is misspelled. Only those of public courses are ever told.
search_words = Table(
    "search_words",
    metadata,
    Column("word", Text, primary_key=True),
    Column("plain", Text, nullable=False),  # without accents, as documents have it
    Column("grams", ARRAY(Text), nullable=False),  # the trigrams of that, as pg_trgm would cut them
    Index("ix_search_words_grams", "grams", postgresql_using="gin"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("enrollment_id", Uuid, ForeignKey("enrollments.id"), nullable=False),
    Column("course_id", Uuid, ForeignKey("courses.id"), nullable=False),
    Column("learner_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("rating", SmallInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("removed_by", Uuid),  # its author, or somebody of the staff
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("enrollment_id"),
    CheckConstraint("rating between 1 and 5", name="rating"),
    Index("ix_reviews_course_id_created_at", "course_id", "created_at", "id", postgresql_where=text("is_active")),
    Index("ix_reviews_course_id_rating", "course_id", "rating", "id", postgresql_where=text("is_active")),
)

# Files of courses, until file storage has adapters of its own: bytes once per content, a key per organization.
blobs = Table(
    "blobs",
    metadata,
    Column("sha256", LargeBinary, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

assets = Table(
    "assets",
    metadata,
    Column("key", Text, primary_key=True),  # 128 random bits in hex: who knows the address may read
    Column("organization_id", Uuid, ForeignKey("organizations.id"), nullable=False),
    Column("sha256", LargeBinary, ForeignKey("blobs.sha256"), nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("organization_id", "sha256"),
)
