"""Finding courses: every parameter changes the answer, in every language."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Person, School

from lms_adapters.postgres.direct import fetch_all
from lms_entrypoints.cli.courses import reindexed
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services

Count = Callable[[], AbstractContextManager[list[str]]]


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


async def publish(teacher: Person, title: str, *, body: str = "Nothing much.", **fields: Any) -> str:
    course = await teacher.json("POST", "/courses", {"title": title} | fields)
    section = await teacher.json("POST", f"/courses/{course['id']}/sections", {"title": "All of it"})
    lesson = {"title": "The lesson", "kind": "text", "content": {"body": body}}
    await teacher.json("POST", f"/sections/{section['id']}/lessons", lesson)
    await teacher.json("POST", f"/courses/{course['id']}/publish")
    return str(course["id"])


@pytest.fixture
async def teacher(school: School) -> Person:
    return await school.teacher()


async def titles(person: Person, query: str) -> list[str]:
    return [course["title"] for course in await person.json("GET", f"/courses?{query}")]


async def test_only_what_is_published_is_found(school: School, teacher: Person) -> None:
    nobody = school.stranger()
    await teacher.json("POST", "/courses", {"title": "Draft"})
    id = await publish(teacher, "Bees")
    assert await titles(nobody, "") == ["Bees"]
    for step in ("unpublish", "publish", "archive"):
        await teacher.json("POST", f"/courses/{id}/{step}")
        assert await titles(nobody, "") == (["Bees"] if step == "publish" else [])


async def test_a_line_tells_what_a_list_of_courses_needs(school: School, teacher: Person) -> None:
    fields: dict[str, Any] = {
        "summary": "Of bees.",
        "level": "beginner",
        "category": "Nature",
        "language": "en",
        "tags": ["Honey"],
    }
    await publish(teacher, "Bees", **fields, price={"amount": 4900, "currency": "EUR"})
    (line,) = await school.stranger().json("GET", "/courses")
    assert (line["title"], line["summary"], line["level"]) == ("Bees", "Of bees.", "beginner")
    assert (line["category"], line["language"], line["tags"]) == ("nature", "en", ["honey"])
    assert line["price"] == {"amount": 4900, "currency": "EUR"}
    assert (line["enrollment_count"], line["rating"]["count"]) == (0, 0)
    assert "highlights" not in line or line["highlights"] is None


async def test_every_parameter_changes_the_answer(school: School, teacher: Person) -> None:
    other = await school.teacher()
    await publish(teacher, "Bees", level="beginner", category="nature", tags=["bees", "honey"], language="en")
    price = {"amount": 100, "currency": "EUR"}
    await publish(other, "Brot", level="advanced", category="food", tags=["honey"], language="de-AT", price=price)
    nobody = school.stranger()
    alone = {
        "search=bees": "Bees",
        "category=nature": "Bees",
        "category=Food": "Brot",
        "level=beginner": "Bees",
        "language=de": "Brot",
        "language=en": "Bees",
        "tag=bees": "Bees",
        "tag=honey&tag=bees": "Bees",
        "free=true": "Bees",
        "free=false": "Brot",
        f"instructor={other.id}": "Brot",
        "page_size=1&sort=title": "Bees",
        "page_size=1&sort=-title": "Brot",
        "page_size=1&page=2&sort=title": "Brot",
        "page_size=1&sort=published_at": "Bees",
        "page_size=1": "Brot",
    }
    for query, title in alone.items():
        assert await titles(nobody, query) == [title], query
    assert await titles(nobody, "organization=01a20700-0000-7000-8000-000000000000") == []
    assert len(await titles(nobody, "tag=honey")) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=cheapest", "sort"),
        ("sort=relevance", "sort"),
        ("level=expert", "level"),
        ("page=0", "page"),
        ("page_size=101", "page_size"),
        ("cursor=nonsense", "cursor"),
        ("serach=bees", "serach"),
        ("search=" + "x" * 201, "search"),
        ("search=a%00b", "search"),
        ("page=1&page=2", "page"),
        ("sort=title&sort=-title", "sort"),
        ("instructor=me", "instructor"),
        ("free=maybe", "free"),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_name(school: School, query: str, field: str) -> None:
    assert list(await school.stranger().problems("GET", f"/courses?{query}")) == [field]


async def test_members_see_their_organizations_courses_and_nobody_else_does(school: School) -> None:
    member, stranger = await school.learner(), await school.learner()
    id = await school.organization(instructor=member)
    await publish(member, "Inside", organization_id=str(id), visibility="members")
    assert await titles(member, "") == ["Inside"]
    assert await titles(await school.admin(), "") == ["Inside"]
    for query in ("", "search=inside", f"organization={id}", "search=insude"):
        assert await titles(stranger, query) == []
        assert await titles(school.stranger(), query) == []


async def test_words_are_found_wherever_they_stand_and_the_best_comes_first(school: School, teacher: Person) -> None:
    await publish(teacher, "Gardens", body="A meadow is where pollinators live.")
    await publish(teacher, "Woods", description="There are **pollinators** too.")
    await publish(teacher, "Pollinators")
    nobody = school.stranger()
    assert await titles(nobody, "search=pollinators") == ["Pollinators", "Woods", "Gardens"]
    assert await titles(nobody, "search=meadow") == ["Gardens"]


@pytest.mark.parametrize(
    ("language", "title", "searches"),
    [
        ("en", "Running long distances", ["run", "distance", "runs"]),
        ("de", "Häuser und Gärten", ["Haus", "häuser", "hauser", "garten"]),
        ("fr", "Les chevaux et la forêt", ["cheval", "foret", "forêts"]),
        ("es", "Canciones para niños", ["canción", "cancion", "ninos"]),
        ("ja", "東京の歴史を学ぶ", ["東京", "歴史"]),
        ("pl", "Zdrowe jedzenie w mieście Łódź", ["zdrowe", "lodz", "łódź", "Łódź", "lo", "miescie"]),
        ("da", "Øre, æbler og træer", ["ore", "øre", "aebler"]),
        ("de", "Die Straße nach Süden", ["strasse", "Straße", "STRASSE", "suden"]),
        ("is", "Þórður", ["thordur", "þórður"]),
        ("ja", "東京都の歴史", ["東", "史", "京都", "東京都", "%22東京都%22", "東京 歴史"]),
        ("ko", "한국어를 배우다", ["한", "한국어", "배우"]),
        ("zh", "學習Python編程", ["python", "編", "學習python", "學習"]),
        ("th", "ภาษาไทยสำหรับผู้เริ่มต้น", ["ภาษา", "ไทย", "สำหรับ", "ผู้เริ่ม", "ภ"]),
        ("lo", "ພາສາລາວສຳລັບຜູ້ເລີ່ມຕົ້ນ", ["ລາວ", "ພາສາ", "ສຳລັບ"]),
        ("km", "ភាសាខ្មែរសម្រាប់អ្នកចាប់ផ្តើម", ["ខ្មែរ", "ភាសា", "អ្នក"]),
        ("my", "မြန်မာဘာသာစကား", ["ဘာသာ", "မြန်မာ", "စကား"]),
        ("hi", "हिन्दी व्याकरण", ["हिन्दी", "व्याकरण"]),
        ("ar", "كِتَاب العربية", ["كتاب"]),
    ],
)
async def test_several_languages_and_accents(
    school: School, teacher: Person, language: str, title: str, searches: list[str]
) -> None:
    await publish(teacher, title, language=language)
    await publish(teacher, "Something else entirely", language="en")
    for search in searches:
        assert await titles(school.stranger(), f"search={search}") == [title], search


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("c%2B%2B", ["C++ for all"]),
        ("C%23", ["C# for all"]),
        ("f%23", ["F# for all"]),
        (".net", [".NET for all"]),
        ("c%2B%2B+all", ["C++ for all"]),
        ("for+all+-c%23+-f%23+-.net", ["C++ for all"]),
    ],
)
async def test_names_that_only_punctuation_tells_apart(
    school: School, teacher: Person, search: str, found: list[str]
) -> None:
    for title in ("C++ for all", "C# for all", "F# for all", ".NET for all"):
        await publish(teacher, title)
    assert await titles(school.stranger(), f"search={search}") == found


async def test_the_last_word_may_be_a_beginning(school: School, teacher: Person) -> None:
    await publish(teacher, "Photography at night")
    nobody = school.stranger()
    for search in ("photog", "night photo", "night photog"):
        assert await titles(nobody, f"search={search}") == ["Photography at night"], search


async def test_phrases_exclusions_and_alternatives(school: School, teacher: Person) -> None:
    await publish(teacher, "Black bread")
    await publish(teacher, "Bread, black and white")
    nobody = school.stranger()
    assert await titles(nobody, "search=%22black+bread%22") == ["Black bread"]
    assert await titles(nobody, "search=bread+-white") == ["Black bread"]
    assert len(await titles(nobody, "search=white+or+bread")) == 2
    assert await titles(nobody, "search=bread+or+rye+-white") == ["Black bread"]
    assert await titles(nobody, "search=bread+-%22black+bread%22") == ["Bread, black and white"]


async def test_what_is_left_out_is_left_out_wherever_it_stands(school: School, teacher: Person) -> None:
    await publish(teacher, "Bread", body="Of rye. " + "And so on. " * 8000 + "A black loaf.")
    nobody = school.stranger()
    assert await titles(nobody, "search=bread+%22black+loaf%22+or+rye") == ["Bread"]
    for unwanted in ("loaf", "loafs", "%22black+loaf%22"):
        assert await titles(nobody, f"search=bread+-{unwanted}") == [], unwanted
        assert await titles(nobody, f"search=%22of+rye%22+-{unwanted}") == [], unwanted


@pytest.mark.parametrize("search", ["-bees", "-bees+-bread", "-%22black+bread%22"])
async def test_a_search_says_what_to_look_for(school: School, teacher: Person, search: str) -> None:
    await publish(teacher, "Bread")
    assert list(await school.stranger().problems("GET", f"/courses?search={search}")) == ["search"]


async def test_a_word_that_a_language_leaves_out_does_not_make_the_rest_match_everything(
    school: School, teacher: Person
) -> None:
    await publish(teacher, "Rivers")
    assert await titles(school.stranger(), "search=should+-bees") == []


@pytest.mark.parametrize(
    "search", ["'", "\\", "a & b | !", "(((", ":*", "x:*y", "%", "';drop table users;--", '"', "-", "or"]
)
async def test_no_search_is_a_fault(school: School, teacher: Person, search: str) -> None:
    await publish(teacher, "Bees")
    answer = await school.stranger().client.get("/api/v1/courses", params={"search": search})
    assert answer.status_code == 200


async def test_a_misspelled_search_is_answered_and_says_how(school: School, teacher: Person) -> None:
    await publish(teacher, "Beekeeping for beginners")
    answer = (await school.stranger().ask("GET", "/courses?search=beekeping")).json()
    assert [course["title"] for course in answer["data"]] == ["Beekeeping for beginners"]
    assert answer["meta"]["corrected_search"] == "beekeeping"
    none = (await school.stranger().ask("GET", "/courses?search=zzzzzzzz")).json()
    assert none["data"] == []
    assert "corrected_search" not in none["meta"]


async def test_a_misspelled_word_may_stand_in_a_lesson_alone(school: School, teacher: Person) -> None:
    id = await publish(teacher, "Wool", body="All about mending and żelazo.")
    for misspelled, corrected in {"mendning": "mending", "zelazoo": "żelazo"}.items():
        answer = (await school.stranger().ask("GET", f"/courses?search={misspelled}")).json()
        assert [course["title"] for course in answer["data"]] == ["Wool"]
        assert answer["meta"]["corrected_search"] == corrected
    await teacher.json("PATCH", f"/courses/{id}", {"visibility": "members"})
    assert "corrected_search" not in (await school.stranger().ask("GET", "/courses?search=mendning")).json()["meta"]


async def test_a_mended_search_has_a_second_page(school: School, teacher: Person) -> None:
    for n in range(3):
        await publish(teacher, f"Beekeeping {n}")
    nobody = school.stranger()
    first = (await nobody.ask("GET", "/courses?search=beekeping&page_size=2")).json()
    cursor = first["meta"]["next_cursor"]
    second = (await nobody.ask("GET", f"/courses?search=beekeping&page_size=2&cursor={cursor}")).json()
    assert second["meta"]["corrected_search"] == "beekeeping"
    assert len({line["id"] for line in first["data"] + second["data"]}) == 3


async def test_a_long_course_is_found_by_its_last_words(school: School, teacher: Person) -> None:
    course = await teacher.json("POST", "/courses", {"title": "Everything"})
    section = await teacher.json("POST", f"/courses/{course['id']}/sections", {"title": "All of it"})
    for n in range(5):
        body = " ".join(f"word{n}x{m}" for m in range(4000)) + (" zymurgy" if n == 4 else "")
        lesson = {"title": f"Part {n}", "kind": "text", "content": {"body": body}}
        await teacher.json("POST", f"/sections/{section['id']}/lessons", lesson)
    await teacher.json("POST", f"/courses/{course['id']}/publish")
    (line,) = await school.stranger().json("GET", "/courses?search=zymurgy")
    assert line["title"] == "Everything"
    assert line["highlights"]["lesson_id"]


async def test_words_of_courses_out_of_sight_are_never_proposed(school: School, teacher: Person) -> None:
    id = await publish(teacher, "Cryptography")
    nobody = school.stranger()
    assert "corrected_search" in (await nobody.ask("GET", "/courses?search=criptography")).json()["meta"]
    await teacher.json("PATCH", f"/courses/{id}", {"visibility": "members"})
    assert "corrected_search" not in (await nobody.ask("GET", "/courses?search=criptography")).json()["meta"]
    await teacher.json("PATCH", f"/courses/{id}", {"visibility": "public"})
    assert "corrected_search" in (await nobody.ask("GET", "/courses?search=criptography")).json()["meta"]


async def test_highlights_say_why_and_hold_no_markup_but_marks(school: School, teacher: Person) -> None:
    body = "Long before. " * 30 + "The <b>waggle</b> dance & what it says. " + "Long after. " * 30
    await publish(teacher, "Bees <i>dance</i>", summary="A dance", body=body)
    (line,) = await school.stranger().json("GET", "/courses?search=dance")
    found = line["highlights"]
    assert found["title"] == "Bees &lt;i&gt;<mark>dance</mark>&lt;/i&gt;"
    assert found["summary"] == "A <mark>dance</mark>"
    assert "<mark>dance</mark> &amp; what it says" in found["text"]
    assert found["lesson_id"]


async def test_highlights_show_what_was_found_without_its_accents_and_in_any_script(
    school: School, teacher: Person
) -> None:
    await publish(
        teacher, "Łódź und C++", summary="東京都の歴史", language="de", body="Vorher. " * 900 + "Eine Straße."
    )
    marks = {
        "lodz": ("title", "<mark>Łódź</mark> und C++"),
        "c%2B%2B": ("title", "Łódź und <mark>C++</mark>"),
        "京都": ("summary", "東<mark>京都</mark>の歴史"),
        "strasse": ("text", "<mark>Straße</mark>"),
        "strassen+vorher": ("text", "<mark>Vorher</mark>"),
    }
    for search, (field, marked) in marks.items():
        (line,) = await school.stranger().json("GET", f"/courses?search={search}")
        assert marked in line["highlights"][field], search


@pytest.mark.parametrize(
    "sort", ["-published_at", "published_at", "title", "-title", "-enrollment_count", "-rating", "-updated_at"]
)
async def test_following_the_cursor_shows_every_course_once(school: School, teacher: Person, sort: str) -> None:
    made = {await publish(teacher, f"Course {n % 3}") for n in range(7)}
    nobody = school.stranger()
    whole = [line["id"] for line in await nobody.json("GET", f"/courses?sort={sort}&page_size=100")]
    seen, query = [], f"/courses?sort={sort}&page_size=2"
    cursor: str | None = ""
    while cursor is not None:
        answer = (await nobody.ask("GET", query + cursor)).json()
        seen += [line["id"] for line in answer["data"]]
        following = answer["meta"].get("next_cursor")
        cursor = f"&cursor={following}" if following else None
        assert answer["meta"]["total"] == 7
    assert seen == whole
    assert set(seen) == made


async def test_a_search_is_paged_too_and_its_cursor_belongs_to_it(school: School, teacher: Person) -> None:
    for n in range(5):
        await publish(teacher, f"Bees {n}")
    nobody = school.stranger()
    first = (await nobody.ask("GET", "/courses?search=bees&page_size=2")).json()
    cursor = first["meta"]["next_cursor"]
    second = await nobody.json("GET", f"/courses?search=bees&page_size=2&cursor={cursor}")
    assert not {line["id"] for line in first["data"]} & {line["id"] for line in second}
    assert list(await nobody.problems("GET", f"/courses?search=bread&page_size=2&cursor={cursor}")) == ["cursor"]


async def test_a_page_past_the_end_knows_the_total(school: School, teacher: Person) -> None:
    await publish(teacher, "Bees")
    answer = (await school.stranger().ask("GET", "/courses?page=9")).json()
    assert (answer["data"], answer["meta"]["total"]) == ([], 1)


async def test_categories_are_counted(school: School, teacher: Person) -> None:
    for category in ("food", "nature", "food"):
        await publish(teacher, "A course", category=category)
    found = await school.stranger().json("GET", "/categories")
    assert found == [{"category": "food", "course_count": 2}, {"category": "nature", "course_count": 1}]


async def test_a_page_costs_one_statement_and_a_corrected_search_three(
    school: School, teacher: Person, count_queries: Count
) -> None:
    await publish(teacher, "Beekeeping")
    nobody = school.stranger()
    for query, most in {"": 1, "search=beekeeping": 1, "category=x&level=beginner": 1, "search=beekeping": 3}.items():
        with count_queries() as statements:
            await nobody.json("GET", f"/courses?{query}")
        assert len(statements) == most, query


GROW = """
    insert into courses (id, organization_id, slug, page, status, visibility, prerequisite_ids, metadata, is_active,
        created_at, updated_at, version)
    select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', 'c' || n, '{}', 'published', 'public', '[]', '{}',
        true, now(), now(), 1 from generate_series(1, 20000) n;
    insert into course_counters (course_id) select id from courses on conflict do nothing;
    insert into listings (course_id, organization_id, slug, title, summary, language, level, tags, lesson_count,
        visibility, published_at, updated_at, config, is_whole, document, ranked)
    select id, organization_id, slug, 'Course ' || slug, '', 'en', 'all', '{}', 1, 'public',
        now() - random() * interval '900 days', now(), 'english', true, to_tsvector('english', 'course ' || slug),
        to_tsvector('english', 'course ' || slug)
    from courses where slug like 'c%' on conflict do nothing;
    analyze listings; analyze course_counters; analyze courses;
"""


async def grow(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        for statement in GROW.split(";"):
            if statement.strip():
                await conn.execute(text(statement))


async def test_a_broad_search_looks_nothing_up_course_by_course(
    school: School, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 20,000 courses that all have the word; counted in blocks, because time is no test."""
    await grow(engine)
    plans = []

    async def explained(conn: Any, statement: str, given: Any) -> Any:
        plans.append((await fetch_all(conn, f"explain (analyze, buffers, format json) {statement}", given))[0])
        return await fetch_all(conn, statement, given)

    monkeypatch.setattr("lms_adapters.postgres.catalog.fetch_all", explained)
    answer = (await school.stranger().ask("GET", "/courses?search=course")).json()
    assert (len(answer["data"]), answer["meta"]["total"]) == (20, 10_000)
    [plan] = plans
    assert blocks(plan["QUERY PLAN"]) < 10_000


async def test_a_deep_page_touches_no_more_than_the_first(
    school: School, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in blocks, because time is no test: page 900 by its cursor against page 1, of 20,000 courses."""
    await grow(engine)
    async with engine.begin() as conn:
        row = (
            await conn.execute(
                text("select published_at, course_id from listings order by 1 desc, 2 desc offset 18000")
            )
        ).first()
    assert row is not None
    page = """explain (analyze, buffers, format json) select l.course_id from listings l
        join organizations o on o.id = l.organization_id and o.is_active
        join course_counters k on k.course_id = l.course_id
        where l.visibility = 'public' {after} order by l.published_at desc, l.course_id desc limit 21"""
    async with engine.connect() as conn:
        first = (await conn.execute(text(page.format(after="")))).scalar_one()
        after = "and (l.published_at, l.course_id) < (:key, :last_id)"
        given = {"key": row.published_at, "last_id": row.course_id}
        deep = (await conn.execute(text(page.format(after=after)), given)).scalar_one()
    assert blocks(deep) < 2 * blocks(first) + 20


def blocks(plan: Any) -> int:
    top = plan[0]["Plan"]
    return int(top["Shared Hit Blocks"] + top["Shared Read Blocks"])


async def forgotten(engine: AsyncEngine) -> None:
    """As if an older version had written the index."""
    async with engine.begin() as conn:
        await conn.execute(text("update listings set document = '', ranked = ''"))
        await conn.execute(text("delete from lesson_texts"))


async def test_the_operator_has_the_catalog_indexed_anew(
    school: School, teacher: Person, engine: AsyncEngine, services: Services
) -> None:
    for title in ("Bees", "Wasps"):
        await publish(teacher, title, body="They keep to themselves.")
    await forgotten(engine)
    assert await titles(school.stranger(), "search=themselves") == []
    assert await reindexed(services) == 2
    assert sorted(await titles(school.stranger(), "search=themselves")) == ["Bees", "Wasps"]


async def test_what_a_migration_finds_outdated_is_indexed_anew_by_the_relay(
    school: School, teacher: Person, engine: AsyncEngine, background: Background
) -> None:
    await publish(teacher, "Bees")
    gone = await publish(teacher, "Wasps")
    await background.drain()
    await forgotten(engine)
    async with engine.begin() as conn:
        await conn.execute(text(OUTDATED))
    await teacher.json("POST", f"/courses/{gone}/unpublish")
    await background.drain()
    assert await titles(school.stranger(), "search=bees") == ["Bees"]
    assert await titles(school.stranger(), "") == ["Bees"]


# As in the migration that changed the index.
OUTDATED = """
    insert into outbox (id, at, name, aggregate_id, payload)
    select e.id, e.at, 'course.listing_outdated', e.course_id, to_jsonb(e)
    from (select gen_random_uuid() as id, now() as at, course_id from listings) e
"""


async def test_kept_totals_equal_counting(school: School, teacher: Person, engine: AsyncEngine) -> None:
    """Ten courses are published, changed and hidden at once, through every way that moves one."""

    async def life(n: int) -> None:
        fields = {"category": f"C{n % 3}", "level": ("beginner", "advanced")[n % 2], "language": ("en", "de")[n % 2]}
        id = await publish(teacher, f"Course {n}", **fields)
        await teacher.json("PATCH", f"/courses/{id}", {"price": {"amount": 100 * n, "currency": "EUR"}} if n else {})
        await teacher.json(
            "PATCH", f"/courses/{id}", {"category": "C9", "visibility": "members" if n % 4 else "public"}
        )
        await teacher.json("POST", f"/courses/{id}/publish")
        if n % 5 == 0:
            await teacher.json("POST", f"/courses/{id}/unpublish")

    await asyncio.gather(*(life(n) for n in range(10)))
    async with engine.connect() as conn:
        kept = await conn.execute(text("select * from listing_totals where courses <> 0"))
        counted = await conn.execute(
            text("""
                select organization_id, visibility, coalesce(category, ''), level, language, price_amount is null,
                    count(*)
                from listings group by 1, 2, 3, 4, 5, 6
            """)
        )
        assert sorted(map(tuple, kept)) == sorted(map(tuple, counted))
    for query in ("", "free=true", "free=false", "language=de", "level=beginner", "category=C9", "tag=none"):
        admin = await school.admin()
        answer = await admin.ask("GET", f"/courses?page_size=100&{query}")
        assert answer.json()["meta"]["total"] == len(answer.json()["data"]), query
