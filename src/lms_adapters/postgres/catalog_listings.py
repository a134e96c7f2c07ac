"""What the catalog shows of a course, written in the transaction that publishes or hides it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.courses_tables import lesson_texts, listings
from lms_domain.courses.model import Course
from lms_domain.courses.revision import LessonText, Revision
from lms_domain.courses.search import configuration_of, plain, trigrams, words_of
from lms_domain.kernel import CourseId
from lms_domain.standing import Visibility

# A tsvector holds 1 MB of words and positions: this much text, twice, stays below it whatever it says.
DOCUMENT_BYTES = 120_000
LESSON_BYTES = 100_000
RANKED_CHARACTERS = 1_000  # of the description; more would have to be fetched from beside the row
MOST_WORDS = 2_000  # of one course that may be proposed for misspelled ones

_SHOW = text("""
    insert into listings (course_id, organization_id, slug, title, summary, language, level, category, tags, thumbnail,
        estimated_minutes, lesson_count, price_amount, price_currency, visibility, published_at, updated_at, words,
        config, document, ranked)
    values (cast(:course_id as uuid), :organization_id, :slug, :title, :summary, :language, :level, :category, :tags,
        :thumbnail, :estimated_minutes, :lesson_count, :price_amount, :price_currency, :visibility,
        (select min(published_at) from revisions where course_id = cast(:course_id as uuid)), :updated_at, :words,
        cast(:config as text),
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :a) || to_tsvector('simple', :plain_a), 'A') ||
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :b) || to_tsvector('simple', :plain_b), 'B') ||
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :c) || to_tsvector('simple', :plain_c), 'C') ||
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :d) || to_tsvector('simple', :plain_d), 'D'),
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :a) || to_tsvector('simple', :plain_a), 'A') ||
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), :b) || to_tsvector('simple', :plain_b), 'B') ||
        setweight(to_tsvector(cast(cast(:config as text) as regconfig), left(:c, :ranked_size)), 'C'))
    on conflict (course_id) do update set organization_id = excluded.organization_id, slug = excluded.slug,
        title = excluded.title, summary = excluded.summary, language = excluded.language, level = excluded.level,
        category = excluded.category, tags = excluded.tags, thumbnail = excluded.thumbnail,
        estimated_minutes = excluded.estimated_minutes, lesson_count = excluded.lesson_count,
        price_amount = excluded.price_amount, price_currency = excluded.price_currency,
        visibility = excluded.visibility, updated_at = excluded.updated_at, words = excluded.words,
        config = excluded.config, document = excluded.document, ranked = excluded.ranked
""")
_ADD_TEXTS = text("""
    insert into lesson_texts (course_id, lesson_id, position, title, body, document)
    select cast(:course_id as uuid), t.lesson_id, t.position, t.title, t.body,
        to_tsvector(cast(cast(:config as text) as regconfig), t.title || ' ' || t.body)
            || to_tsvector('simple', t.plain)
    from unnest(cast(:ids as uuid[]), cast(:positions as int[]), cast(:titles as text[]), cast(:bodies as text[]),
        cast(:plains as text[])) as t(lesson_id, position, title, body, plain)
""")
# Sorted, so that two publishes that add the same words wait for each other in one order.
_ADD_WORDS = text("""
    insert into search_words (word, grams)
    select w.word, string_to_array(w.grams, '|')
    from unnest(cast(:words as text[]), cast(:grams as text[])) as w(word, grams)
    order by w.word
    on conflict do nothing
""")


class PgListings:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def show(self, course: Course, revision: Revision, texts: Sequence[LessonText], /) -> None:
        row = _listing(course, revision, texts)
        await self._conn.execute(_SHOW, row)
        await self._conn.execute(delete(lesson_texts).where(lesson_texts.c.course_id == course.id))
        if texts:
            await self._conn.execute(_ADD_TEXTS, _texts(course, row["config"], texts))
        await self._add_words(row["words"])

    async def change(self, course: Course, /) -> None:
        public = course.visibility is Visibility.PUBLIC
        values: dict[str, Any] = {"slug": course.slug, "visibility": course.visibility, **_price(course)}
        shown = listings.c.course_id == course.id
        before = (await self._conn.execute(text(_BEFORE), {"course_id": course.id})).scalar()
        if before is None:
            return
        if before != course.visibility:
            values["words"] = await self._words(course.id) if public else []
        await self._conn.execute(update(listings).where(shown).values(values))

    async def hide(self, course_id: CourseId, /) -> None:
        await self._conn.execute(delete(lesson_texts).where(lesson_texts.c.course_id == course_id))
        await self._conn.execute(delete(listings).where(listings.c.course_id == course_id))

    async def _words(self, course_id: CourseId) -> list[str]:
        """Of a course that has become public."""
        rows = (await self._conn.execute(text(_TITLES), {"course_id": course_id})).scalars()
        words = words_of(rows, most=MOST_WORDS)
        await self._add_words(words)
        return words

    async def _add_words(self, words: Sequence[str]) -> None:
        if words:
            grams = ["|".join(trigrams(word)) for word in words]
            await self._conn.execute(_ADD_WORDS, {"words": list(words), "grams": grams})


_BEFORE = "select visibility from listings where course_id = :course_id"
_TITLES = """
    select title || ' ' || summary || ' ' || array_to_string(tags, ' ') from listings where course_id = :course_id
    union all select title from lesson_texts where course_id = :course_id
"""


def _listing(course: Course, revision: Revision, texts: Sequence[LessonText]) -> dict[str, Any]:
    page = revision.page
    named = [page.summary, *page.tags, *page.objectives, page.category or ""]
    titles = [lesson.title for lesson in texts]
    parts = {
        "a": page.title,
        "b": "\n".join(named),
        "c": page.description,
        "d": "\n".join([*titles, *(lesson.body for lesson in texts)]),
    }
    cut = {name: _cut(part, DOCUMENT_BYTES) for name, part in parts.items()}
    public = course.visibility is Visibility.PUBLIC
    return {
        "course_id": course.id,
        "organization_id": course.organization_id,
        "slug": course.slug,
        "title": page.title,
        "summary": page.summary,
        "language": page.language,
        "level": page.level,
        "category": page.category,
        "tags": page.tags,
        "thumbnail": page.thumbnail,
        "estimated_minutes": page.estimated_minutes,
        "lesson_count": revision.lesson_count,
        **_price(course),
        "visibility": course.visibility,
        "updated_at": revision.published_at,
        "words": words_of([page.title, *named, *titles], most=MOST_WORDS) if public else [],
        "config": configuration_of(page.language),
        "ranked_size": RANKED_CHARACTERS,
        **cut,
        **{f"plain_{name}": plain(part) for name, part in cut.items()},
    }


def _texts(course: Course, config: str, texts: Sequence[LessonText]) -> dict[str, Any]:
    bodies = [_cut(lesson.body, LESSON_BYTES) for lesson in texts]
    return {
        "course_id": course.id,
        "config": config,
        "ids": [lesson.lesson_id for lesson in texts],
        "positions": [lesson.position for lesson in texts],
        "titles": [lesson.title for lesson in texts],
        "bodies": bodies,
        "plains": [plain(f"{lesson.title} {body}") for lesson, body in zip(texts, bodies, strict=True)],
    }


def _price(course: Course) -> dict[str, Any]:
    price = course.price
    return {"price_amount": price and price.amount, "price_currency": price and price.currency}


def _cut(value: str, size: int) -> str:
    return value.encode()[:size].decode(errors="ignore")
