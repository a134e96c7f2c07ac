"""What the catalog shows of a course, written in the transaction that publishes or hides it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.catalog_documents import Passage, both_ways, listing_texts, passages_of, proposals
from lms_adapters.postgres.courses_tables import lesson_texts, listings
from lms_domain.courses.model import Course
from lms_domain.courses.revision import LessonText, Revision
from lms_domain.courses.search import configuration_of
from lms_domain.courses.words import folded
from lms_domain.kernel import CourseId

_SHOW = text("""
    insert into listings (course_id, organization_id, slug, title, summary, language, level, category, tags, thumbnail,
        estimated_minutes, lesson_count, price_amount, price_currency, visibility, published_at, updated_at, config,
        is_whole, document, ranked)
    select cast(:course_id as uuid), :organization_id, :slug, :title, :summary, :language, :level, :category, :tags,
        :thumbnail, :estimated_minutes, :lesson_count, :price_amount, :price_currency, :visibility,
        (select min(published_at) from revisions where course_id = cast(:course_id as uuid)), :updated_at, :config,
        :is_whole,
        to_tsvector(c.config, :text) || to_tsvector('simple', :plain_text) ||
            strip(to_tsvector(c.config, :words)) || strip(to_tsvector('simple', :plain_words)),
        setweight(to_tsvector(c.config, :a) || to_tsvector('simple', :plain_a), 'A') ||
            setweight(to_tsvector(c.config, :b) || to_tsvector('simple', :plain_b), 'B') ||
            setweight(to_tsvector(c.config, :c) || to_tsvector('simple', :plain_c), 'C')
    from (select cast(cast(:config as text) as regconfig)) as c(config)
    on conflict (course_id) do update set organization_id = excluded.organization_id, slug = excluded.slug,
        title = excluded.title, summary = excluded.summary, language = excluded.language, level = excluded.level,
        category = excluded.category, tags = excluded.tags, thumbnail = excluded.thumbnail,
        estimated_minutes = excluded.estimated_minutes, lesson_count = excluded.lesson_count,
        price_amount = excluded.price_amount, price_currency = excluded.price_currency,
        visibility = excluded.visibility, updated_at = excluded.updated_at, config = excluded.config,
        is_whole = excluded.is_whole, document = excluded.document, ranked = excluded.ranked
""")
_ADD_TEXTS = text("""
    insert into lesson_texts (course_id, position, part, lesson_id, body, document)
    select cast(:course_id as uuid), t.position, t.part, t.lesson_id, t.body,
        to_tsvector(cast(cast(:config as text) as regconfig), t.text) || to_tsvector('simple', t.plain)
    from unnest(cast(:ids as uuid[]), cast(:positions as int[]), cast(:parts as int[]), cast(:bodies as text[]),
        cast(:texts as text[]), cast(:plains as text[])) as t(lesson_id, position, part, body, text, plain)
""")
# Sorted, so that two publishes that add the same words wait for each other in one order. Trigrams as in `spelling`.
_ADD_WORDS = text("""
    insert into search_words (word, plain, grams)
    select w.word, w.plain, array(
        select distinct substr('  ' || w.plain || ' ', n, 3) from generate_series(1, length(w.plain) + 1) n
    )
    from unnest(cast(:words as text[]), cast(:plains as text[])) as w(word, plain)
    where not exists (select from search_words s where s.word = w.word)
    order by w.word
    on conflict do nothing
""")


class PgListings:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def show(self, course: Course, revision: Revision, texts: Sequence[LessonText], /) -> None:
        passages = passages_of(texts)
        await self._conn.execute(_SHOW, _listing(course, revision, passages))
        await self._conn.execute(delete(lesson_texts).where(lesson_texts.c.course_id == course.id))
        if passages:
            await self._conn.execute(_ADD_TEXTS, _texts(course, configuration_of(revision.page.language), passages))
        await self._propose(proposals(revision.page, passages))

    async def change(self, course: Course, /) -> None:
        values: dict[str, Any] = {"slug": course.slug, "visibility": course.visibility, **_price(course)}
        await self._conn.execute(update(listings).where(listings.c.course_id == course.id).values(values))

    async def hide(self, course_id: CourseId, /) -> None:
        await self._conn.execute(delete(lesson_texts).where(lesson_texts.c.course_id == course_id))
        await self._conn.execute(delete(listings).where(listings.c.course_id == course_id))

    async def _propose(self, words: Sequence[str]) -> None:
        if words:
            await self._conn.execute(_ADD_WORDS, {"words": list(words), "plains": [folded(word) for word in words]})


def _listing(course: Course, revision: Revision, passages: Sequence[Passage]) -> dict[str, Any]:
    page = revision.page
    config = configuration_of(page.language)
    texts, is_whole = listing_texts(page, passages)
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
        "config": config,
        "is_whole": is_whole,
        **both_ways(config, texts),
    }


def _texts(course: Course, config: str, passages: Sequence[Passage]) -> dict[str, Any]:
    words = [both_ways(config, {"text": passage.words}) for passage in passages]
    return {
        "course_id": course.id,
        "config": config,
        "ids": [passage.lesson.lesson_id for passage in passages],
        "positions": [passage.lesson.position for passage in passages],
        "parts": [passage.part for passage in passages],
        "bodies": [passage.body for passage in passages],
        "texts": [each["text"] for each in words],
        "plains": [each["plain_text"] for each in words],
    }


def _price(course: Course) -> dict[str, Any]:
    price = course.price
    return {"price_amount": price and price.amount, "price_currency": price and price.currency}
