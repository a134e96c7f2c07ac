"""The catalog's page: one statement for rows, total and highlights, whatever is asked for."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres import catalog_totals as totals
from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.catalog_search import (
    ASKED,
    CANDIDATES,
    HIGHLIGHTS,
    HIT,
    NOTHING_UNWANTED,
    SIMILAR,
    matches,
)
from lms_adapters.postgres.cursors import Moment, Number, Words
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.keyset import Keyset
from lms_domain.courses.catalog import CategoryLine, Highlights, Listing, Onlooker, Sort, Wanted
from lms_domain.courses.highlights import Marker
from lms_domain.courses.model import Level, Price
from lms_domain.courses.search import Question
from lms_domain.courses.spelling import searched_words, trigrams
from lms_domain.courses.views.course import Rating
from lms_domain.courses.words import folded
from lms_domain.kernel import CourseId, Page, PageRequest

# column, type of its values, direction
ORDERS: dict[Sort, tuple[str, Any, str]] = {
    Sort.NEWEST: ("l.published_at", Moment, "desc"),
    Sort.OLDEST: ("l.published_at", Moment, "asc"),
    Sort.UPDATED: ("l.updated_at", Moment, "desc"),
    Sort.TITLE: ("l.title", Words, "asc"),
    Sort.TITLE_BACKWARDS: ("l.title", Words, "desc"),
    Sort.POPULAR: ("k.enrollment_count", Number, "desc"),
    Sort.RATING: ("k.rating", Number, "desc"),
    # A whole number, so that a cursor says exactly where it stands. 1: a long text is no better for its length.
    Sort.RELEVANCE: ("(ts_rank(l.ranked, (select wanted from asked), 1) * 1000000)::int", Number, "desc"),
}
_COLUMNS = """
    l.course_id as id, l.organization_id, l.slug, l.title, l.summary, l.level, l.category, l.language, l.tags,
    l.thumbnail, l.estimated_minutes, l.lesson_count, l.price_amount, l.price_currency, k.enrollment_count,
    k.review_count, k.rating_sum, l.published_at, l.updated_at, l.config
"""
# No join for what nearly all have: 20,000 of them take 50 ms.
_COUNTERS = " join course_counters k on k.course_id = l.course_id"
_COUNTED = "(select count(*) as total from (select from found limit %(most)s) counted)"


class PgCatalog:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, onlooker: Onlooker, wanted: Wanted, paging: PageRequest, /, *, asked: Wanted) -> Page[Listing]:
        column, kind, direction = ORDERS[wanted.order]
        keyset = Keyset.of(paging, "key", "catalog", asked, kind=kind)
        question = Question.of(wanted.search) if wanted.search else None
        where = " and ".join(_conditions(onlooker, wanted, question))
        source = (
            f"select l.course_id, {column} as key from listings l{_COUNTERS if 'k.' in column else ''} where {where}"
        )
        found = " union ".join(f"{source} and {match}" for match in matches(question)) if question else source
        is_kept = totals.is_kept(wanted)
        counted = totals.total(onlooker, wanted) if is_kept else _COUNTED
        after = f"where (key, course_id) {'<' if direction == 'desc' else '>'} (%(key)s, %(last_id)s)"
        # A search is answered once, for rows and total. A list is read along an index, and counted up to a limit.
        statement = f"""
            {ASKED + "," if question else "with"}
            found as {"" if question else "not"} materialized ({found})
            select t.total, r.* {HIGHLIGHTS if question else ""}
            from {counted} t
            left join lateral (
                select {_COLUMNS}, p.key
                from (
                    select course_id, key from found {after if keyset.follows else ""}
                    order by key {direction}, course_id {direction} limit %(size)s offset %(skip)s
                ) p join listings l on l.course_id = p.course_id{_COUNTERS}
            ) r on true
            {HIT if question else ""}
            order by r.key {direction}, r.id {direction}
        """
        rows = await fetch_all(self._conn, statement, _given(onlooker, wanted, question) | keyset.parameters)
        marker = Marker(wanted.search) if wanted.search else None
        lines = [(row, _listing(row, marker)) for row in rows if row["id"] is not None]
        return keyset.page_of(lines, rows[0]["total"], is_exact=is_kept)

    async def similar_words(self, search: str, /) -> dict[str, list[str]]:
        words = searched_words(search)
        plain = [folded(word) for word in words]
        given = {
            "words": words,
            "lengths": [len(word) for word in plain],
            "grams": ["|".join(trigrams(word)) for word in plain],
            "candidates": CANDIDATES,
        }
        found: dict[str, list[str]] = {}
        for row in await fetch_all(self._conn, SIMILAR, given):
            found.setdefault(row["asked"], []).append(row["word"])
        return found

    async def categories(self, onlooker: Onlooker, /) -> list[CategoryLine]:
        where = " and ".join(totals.shared_conditions(onlooker, Wanted()))
        statement = f"""
            select l.category, sum(l.courses)::int as course_count from listing_totals l
            where {where} and l.category <> '' and l.courses > 0 group by l.category order by l.category limit 1000
        """
        return [CategoryLine(**row) for row in await fetch_all(self._conn, statement, _given(onlooker, Wanted(), None))]

    async def listed(self, after: CourseId | None, limit: int, /) -> list[CourseId]:
        statement = """
            select course_id from listings where %(after)s::uuid is null or course_id > %(after)s
            order by course_id limit %(limit)s
        """
        return [
            CourseId(row["course_id"])
            for row in await fetch_all(self._conn, statement, {"after": after, "limit": limit})
        ]


def _conditions(onlooker: Onlooker, wanted: Wanted, question: Question | None) -> list[str]:
    others = {
        NOTHING_UNWANTED: question and question.unwanted,
        "l.tags @> %(tags)s::text[]": wanted.tags,
        "l.price_amount is null": wanted.free is True,
        "l.price_amount is not null": wanted.free is False,
        """exists (select from course_staff s where s.course_id = l.course_id and s.user_id = %(instructor)s
            and s.role in ('owner', 'instructor'))""": wanted.instructor,
    }
    chosen = [condition for condition, applies in others.items() if applies]
    return [*totals.shared_conditions(onlooker, wanted), *chosen]


def _given(onlooker: Onlooker, wanted: Wanted, question: Question | None) -> dict[str, Any]:
    return {
        **(question.texts() | {"clue": question.clue} if question else {}),
        "viewer": onlooker.id,
        "category": wanted.category,
        "level": wanted.level,
        "language": wanted.language,
        "dialects": f"{wanted.language}-%",
        "tags": list(wanted.tags),
        "organization": wanted.organization,
        "instructor": wanted.instructor,
        "most": COUNT_LIMIT + 1,
    }


def _listing(row: dict[str, Any], marker: Marker | None) -> Listing:
    amount = row["price_amount"]
    return Listing(
        id=row["id"],
        organization_id=row["organization_id"],
        slug=row["slug"],
        title=row["title"],
        summary=row["summary"],
        level=Level(row["level"]),
        category=row["category"],
        language=row["language"],
        tags=row["tags"],
        thumbnail=row["thumbnail"],
        estimated_minutes=row["estimated_minutes"],
        lesson_count=row["lesson_count"],
        price=None if amount is None else Price(amount=amount, currency=row["price_currency"]),
        enrollment_count=row["enrollment_count"],
        rating=Rating.of(row["rating_sum"], row["review_count"]),
        published_at=row["published_at"],
        updated_at=row["updated_at"],
        highlights=_highlights(row, marker) if marker else None,
    )


def _highlights(row: dict[str, Any], marker: Marker) -> Highlights:
    text = row["text_headline"]
    return Highlights(
        title=marker.marked(row["title_headline"]),
        summary=marker.marked(row["summary_headline"]),
        text=None if text is None else marker.excerpt(text),
        lesson_id=row["lesson_id"],
    )
