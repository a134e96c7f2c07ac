"""The parts of the catalog's statement that a search adds: what is asked for, what matches it, and why."""

from lms_domain.courses.highlights import BEGIN, END
from lms_domain.courses.search import Question

CANDIDATES = 30  # words that look like a misspelled one

# `wanted` in every configuration that some course is written in, and word by word; `unwanted` likewise or null.
# `any_word` finds where some of it stands, when no one passage has it all. Joined as texts, because two queries that
# differ in a prefix alone are equal as tsquery.
ASKED = """
    with recursive used(config) as (
        select min(config) from listings where config <> 'simple'
        union all
        select (select min(l.config) from listings l where l.config > c.config and l.config <> 'simple')
        from used c where c.config is not null
    ),
    -- The limit is for the planner: it would take a search for so dear that it plans each anew, which takes 1 ms.
    configs(config) as (select config::regconfig from used where config is not null limit 30),
    asked(wanted, any_word, unwanted) as materialized (
        select w.q, replace(w.q::text, ' & ', ' | ')::tsquery, u.q
        from (
            select string_agg(distinct '(' || each.q || ')', ' | ')::tsquery as q
            from (
                select to_tsquery('simple', %(folded)s)::text as q
                union all
                select (case when %(last)s = '' then to_tsquery(c, %(head)s)
                    when %(head)s = '' then to_tsquery(c, %(last)s)
                    else to_tsquery(c, %(head)s) && (to_tsquery(c, %(last)s) || to_tsquery('simple', %(begun)s))
                    end)::text
                from configs r(c)
            ) each
            where each.q <> ''
        ) w,
        (
            select string_agg(distinct '(' || each.q || ')', ' | ')::tsquery as q
            from (
                select to_tsquery('simple', %(unwanted_folded)s)::text as q where %(unwanted)s <> ''
                union all
                select to_tsquery(c, %(unwanted)s)::text from configs r(c) where %(unwanted)s <> ''
            ) each
            where each.q <> ''
        ) u
    )
"""
_IN_ALL = "l.document @@ (select wanted from asked)"
_IN_PASSAGES = "l.course_id in (select t.course_id from lesson_texts t where t.document @@ (select wanted from asked))"
NOTHING_UNWANTED = """l.course_id not in (
    select d.course_id from listings d where d.document @@ (select unwanted from asked)
    union select t.course_id from lesson_texts t where t.document @@ (select unwanted from asked)
)"""
_MARKS = f'StartSel="{BEGIN}", StopSel="{END}", HighlightAll=true'
HIGHLIGHTS = f"""
    , ts_headline(r.config::regconfig, r.title, (select wanted from asked), '{_MARKS}') as title_headline,
    ts_headline(r.config::regconfig, r.summary, (select wanted from asked), '{_MARKS}') as summary_headline,
    h.lesson_id, case when strpos(h.near, '{BEGIN}') > 0 then h.near
        else ts_headline(r.config::regconfig, h.body, (select any_word from asked), '{_MARKS}') end as text_headline
"""
# Headlines take 0.8 µs a word. So one is made around a likely place first, and of the whole
# passage where that fails. Without `offset 0` each mention of `near` would be computed by itself.
HIT = f"""
    left join lateral (
        select p.lesson_id, p.body, ts_headline(r.config::regconfig,
            substr(p.body, greatest(strpos(lower(p.body), %(clue)s) - 100, 1), 320),
            (select any_word from asked), '{_MARKS}') as near
        from (
        (select t.lesson_id, t.body from lesson_texts t
            where t.course_id = r.id and t.document @@ (select wanted from asked)
            order by t.position, t.part limit 1)
        union all
        (select t.lesson_id, t.body from lesson_texts t
            where t.course_id = r.id and t.document @@ (select any_word from asked)
            order by t.position, t.part limit 1)
        limit 1
        ) p
        offset 0
    ) h on true
"""
SIMILAR = """
    select near.asked, near.word
    from (
        select w.word as asked, s.*
        from (
            select word, length, string_to_array(grams, '|')
            from unnest(%(words)s::text[], %(lengths)s::int[], %(grams)s::text[]) as given(word, length, grams)
        ) w(word, length, grams)
        cross join lateral (
            select s.word, s.plain,
                cardinality(array(select unnest(s.grams) intersect select unnest(w.grams))) as same
            from search_words s
            where s.grams && w.grams and length(s.plain) between w.length - 2 and w.length + 2
            order by same desc, s.word
            limit %(candidates)s
        ) s
    ) near
    where exists (
        select from listings l join organizations o on o.id = l.organization_id and o.is_active
        where l.document @@ to_tsquery('simple', quote_literal(near.plain)) and l.visibility = 'public'
    )
"""


def matches(question: Question) -> list[str]:
    """Conditions for a union, each with an index of its own: an `or` could be answered by reading everything alone.

    Most of the lessons' words have no position in the listing: only passages tell what stands beside what.
    """
    return [_IN_ALL, _IN_PASSAGES if question.has_phrases else f"not l.is_whole and {_IN_PASSAGES}"]
