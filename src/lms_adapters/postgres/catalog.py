"""The catalog's page: one statement for rows, total and highlights, whatever is asked for."""

import html
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.cursors import Moment, Number, Words
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.keyset import Keyset
from lms_domain.courses.catalog import CategoryLine, Highlights, Listing, Onlooker, Sort, Wanted
from lms_domain.courses.model import Level, Price
from lms_domain.courses.search import MOST_WORDS, WORD, last_word, plain, trigrams
from lms_domain.courses.views.course import Rating
from lms_domain.kernel import Page, PageRequest

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
    Sort.RELEVANCE: ("(ts_rank_cd(l.ranked, (select q from asked), 1) * 1000000)::int", Number, "desc"),
}
CANDIDATES = 30  # words that look like a misspelled one
# Private-use characters: they cannot come from a text, which is escaped between them.
BEGIN, END = "\ue000", "\ue001"
_HEADLINE = f'StartSel="{BEGIN}", StopSel="{END}", MinWords=8, MaxWords=30, ShortWord=2'
_WHOLE = f'StartSel="{BEGIN}", StopSel="{END}", HighlightAll=true'

# The search in every configuration that some course is written in, and with its last word as a beginning.
_ASKED = """
    with recursive configs(config) as (
        select min(config) from listings
        union all
        select (select min(l.config) from listings l where l.config > c.config)
        from configs c where c.config is not null
    ),
    asked(q) as materialized (
        -- as texts, because two queries that differ in a prefix alone are equal as tsquery
        select string_agg(distinct '(' || each.q || ')', ' | ')::tsquery
        from (
            select websearch_to_tsquery(config::regconfig, %(search)s)::text as q from configs where config is not null
            union all select websearch_to_tsquery('simple', %(search)s)::text
            union all select websearch_to_tsquery('simple', %(plain)s)::text
            union all
                select (websearch_to_tsquery(config::regconfig, %(head)s) && to_tsquery('simple', %(prefix)s))::text
                from configs where config is not null and %(prefix)s <> ''
            union all select (websearch_to_tsquery('simple', %(head)s) && to_tsquery('simple', %(prefix)s))::text
                where %(prefix)s <> ''
        ) each
        where each.q <> ''
    )
"""
_COLUMNS = """
    l.course_id as id, l.organization_id, l.slug, l.title, l.summary, l.level, l.category, l.language, l.tags,
    l.thumbnail, l.estimated_minutes, l.lesson_count, l.price_amount, l.price_currency, k.enrollment_count,
    k.review_count, k.rating_sum, l.published_at, l.updated_at, l.config
"""
_FROM = "listings l join organizations o on o.id = l.organization_id and o.is_active"
_HIGHLIGHTS = f"""
    , ts_headline(r.config::regconfig, r.title, (select q from asked), '{_WHOLE}') as title_headline,
    ts_headline(r.config::regconfig, r.summary, (select q from asked), '{_WHOLE}') as summary_headline,
    h.lesson_id, ts_headline(r.config::regconfig, h.body, (select q from asked), '{_HEADLINE}') as text_headline
"""
_HIT = """
    left join lateral (
        select t.lesson_id, left(t.body, 20000) as body from lesson_texts t
        where t.course_id = r.id and t.document @@ (select q from asked)
        order by t.position limit 1
    ) h on true
"""
# Two indexes and no `or`, which PostgreSQL could answer by reading everything alone.
_MATCHES = """l.course_id in (
    select d.course_id from listings d where d.document @@ (select q from asked)
    union select t.course_id from lesson_texts t where t.document @@ (select q from asked)
)"""
_SIMILAR = """
    select w.word as asked, s.word
    from unnest(%(words)s::text[], %(grams)s::text[]) as w(word, grams)
    cross join lateral (
        select s.word
        from search_words s
        where s.grams && string_to_array(w.grams, '|')
            and exists (select from listings l where l.words @> array[s.word])
        order by cardinality(array(select unnest(s.grams) intersect select unnest(string_to_array(w.grams, '|')))) desc,
            s.word
        limit %(candidates)s
    ) s
"""


class PgCatalog:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, onlooker: Onlooker, wanted: Wanted, paging: PageRequest, /, *, asked: Wanted) -> Page[Listing]:
        column, kind, direction = ORDERS[wanted.order]
        keyset = Keyset.of(paging, "key", "catalog", asked, kind=kind)
        where = " and ".join(_conditions(onlooker, wanted))
        after = f"and ({column}, l.course_id) {'<' if direction == 'desc' else '>'} (%(key)s, %(last_id)s)"
        statement = f"""
            {_ASKED if wanted.search else ""}
            select t.total, r.* {_HIGHLIGHTS if wanted.search else ""}
            from (select count(*) as total from (select from {_FROM} where {where} limit %(most)s) counted) t
            left join lateral (
                select {_COLUMNS}, {column} as key
                from {_FROM} join course_counters k on k.course_id = l.course_id
                where {where} {after if keyset.follows else ""}
                order by {column} {direction}, l.course_id {direction}
                limit %(size)s offset %(skip)s
            ) r on true
            {_HIT if wanted.search else ""}
            order by r.key {direction}, r.id {direction}
        """
        rows = await fetch_all(self._conn, statement, _given(onlooker, wanted) | keyset.parameters)
        found = [row for row in rows if row["id"] is not None]
        return keyset.page_of([(row, _listing(row)) for row in found], rows[0]["total"])

    async def similar_words(self, search: str, /) -> dict[str, list[str]]:
        words = list(dict.fromkeys(WORD.findall(search.casefold())))[:MOST_WORDS]
        given = {"words": words, "grams": ["|".join(trigrams(word)) for word in words], "candidates": CANDIDATES}
        found: dict[str, list[str]] = {}
        for row in await fetch_all(self._conn, _SIMILAR, given):
            found.setdefault(row["asked"], []).append(row["word"])
        return found

    async def categories(self, onlooker: Onlooker, /) -> list[CategoryLine]:
        where = " and ".join(_conditions(onlooker, Wanted()))
        statement = f"""
            select l.category, count(*) as course_count from {_FROM}
            where {where} and l.category is not null group by l.category order by l.category limit 1000
        """
        return [CategoryLine(**row) for row in await fetch_all(self._conn, statement, _given(onlooker, Wanted()))]


def _conditions(onlooker: Onlooker, wanted: Wanted) -> list[str]:
    belongs = "l.organization_id in (select organization_id from memberships where user_id = %(viewer)s)"
    public = "l.visibility = 'public'"
    all_of_them = {
        "true": onlooker.sees_all,
        f"({public} or {belongs})": onlooker.id is not None and not onlooker.sees_all,
        public: onlooker.id is None,
        _MATCHES: wanted.search,
        "l.category = %(category)s": wanted.category,
        "l.level = %(level)s": wanted.level,
        "(l.language = %(language)s or l.language like %(dialects)s)": wanted.language,
        "l.tags @> %(tags)s::text[]": wanted.tags,
        "l.price_amount is null": wanted.free is True,
        "l.price_amount is not null": wanted.free is False,
        "l.organization_id = %(organization)s": wanted.organization,
        """exists (select from course_staff s where s.course_id = l.course_id and s.user_id = %(instructor)s
            and s.role in ('owner', 'instructor'))""": wanted.instructor,
    }
    return [condition for condition, applies in all_of_them.items() if applies]


def _given(onlooker: Onlooker, wanted: Wanted) -> dict[str, Any]:
    search = wanted.search or ""
    head, prefix = last_word(search)
    return {
        "viewer": onlooker.id,
        "search": search,
        "plain": plain(search),
        "head": plain(head),
        "prefix": f"{plain(prefix).strip()}:*" if prefix else "",
        "category": wanted.category,
        "level": wanted.level,
        "language": wanted.language,
        "dialects": f"{wanted.language}-%",
        "tags": list(wanted.tags),
        "organization": wanted.organization,
        "instructor": wanted.instructor,
        "most": COUNT_LIMIT + 1,
    }


def _listing(row: dict[str, Any]) -> Listing:
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
        highlights=_highlights(row) if "title_headline" in row else None,
    )


def _highlights(row: dict[str, Any]) -> Highlights:
    text = row["text_headline"]
    return Highlights(
        title=_marked(row["title_headline"]),
        summary=_marked(row["summary_headline"]),
        text=None if text is None else _marked(text),
        lesson_id=row["lesson_id"],
    )


def _marked(headline: str) -> str:
    return html.escape(headline).replace(BEGIN, "<mark>").replace(END, "</mark>")
