"""Reviews: after a fifth of the course, once, and counted while everybody writes at once."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Person, School, tagged

from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def course(school: School) -> dict[str, Any]:
    """Published, with five lessons, so that one of them is 20 %."""
    teacher = await school.teacher()
    made = await teacher.json("POST", "/courses", {"title": "Bees"})
    section = await teacher.json("POST", f"/courses/{made['id']}/sections", {"title": "All of it"})
    lessons = [
        await teacher.json("POST", f"/sections/{section['id']}/lessons", {"title": f"{n}", "content": {"body": "x"}})
        for n in range(5)
    ]
    await teacher.json("POST", f"/courses/{made['id']}/publish")
    return {"id": made["id"], "lesson": lessons[0]["id"], "teacher": teacher}


async def a_learner_of(school: School, course: dict[str, Any], *, begun: bool = True) -> Person:
    learner = await school.learner()
    enrollment = await learner.json("POST", f"/courses/{course['id']}/enrollments")
    if begun:
        path = f"/enrollments/{enrollment['id']}/lessons/{course['lesson']}/progress"
        await learner.json("PUT", path, {"viewed": True})
    return learner


async def rating(school: School, course: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await school.stranger().json("GET", f"/courses/{course['id']}"))["rating"]
    return found


async def test_a_learner_reviews_once_and_changes_and_takes_it_back(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    path = f"/courses/{course['id']}/reviews"
    made = await learner.json("POST", path, {"rating": 5, "body": " I know my bees. "})
    assert (made["rating"], made["body"], made["learner_name"][:3]) == (5, "I know my bees.", "Ada")
    assert await rating(school, course) == {"average": 5.0, "count": 1}
    assert await learner.refused("POST", path, {"rating": 1}) == (409, "already_reviewed")

    mine = f"/reviews/{made['id']}"
    read = await school.stranger().ask("GET", mine)
    assert (read.json()["data"], tagged(read)) == (made, 1)
    stale = await learner.refused("PATCH", mine, {"rating": 1}, headers={"If-Match": '"7"'})
    assert stale == (412, "outdated")
    changed = await learner.json("PATCH", mine, {"rating": 2}, headers={"If-Match": '"1"'})
    assert (changed["rating"], changed["body"], changed["version"]) == (2, "I know my bees.", 2)
    assert await rating(school, course) == {"average": 2.0, "count": 1}

    await learner.json("DELETE", mine)
    assert await rating(school, course) == {"average": None, "count": 0}
    assert await learner.refused("DELETE", mine) == (404, "not_found")
    again = await learner.json("POST", path, {"rating": 4})
    assert again["id"] == made["id"]
    assert await rating(school, course) == {"average": 4.0, "count": 1}


async def test_who_has_not_come_far_enough_waits(school: School, course: dict[str, Any]) -> None:
    path = f"/courses/{course['id']}/reviews"
    early = await a_learner_of(school, course, begun=False)
    assert await early.refused("POST", path, {"rating": 5}) == (403, "too_early")
    assert await (await school.learner()).refused("POST", path, {"rating": 5}) == (403, "not_enrolled")
    assert await school.stranger().refused("POST", path, {"rating": 5}) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 3, "body": "x" * 5001}, "body"),
        ({"rating": 3, "body": "\0"}, "body"),
    ],
)
async def test_a_bad_field_is_named(school: School, course: dict[str, Any], body: dict[str, Any], field: str) -> None:
    learner = await a_learner_of(school, course)
    assert list(await learner.problems("POST", f"/courses/{course['id']}/reviews", body)) == [field]


async def test_null_clears_the_body_and_is_no_rating(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    made = await learner.json("POST", f"/courses/{course['id']}/reviews", {"rating": 5, "body": "Good"})
    mine = f"/reviews/{made['id']}"
    assert await learner.problems("PATCH", mine, {"rating": None}) == {"rating": "expected int, got null"}
    assert list(await learner.problems("PATCH", mine, {"rating": 9})) == ["rating"]
    assert (await learner.json("PATCH", mine, {}))["version"] == 1
    cleared = await learner.json("PATCH", mine, {"body": None})
    assert (cleared["rating"], cleared["body"], cleared["version"]) == (5, "", 2)


async def test_who_has_left_the_course_still_has_their_review(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    made = await learner.json("POST", f"/courses/{course['id']}/reviews", {"rating": 5})
    [enrollment] = await learner.json("GET", "/me/enrollments")
    await learner.json("DELETE", f"/enrollments/{enrollment['id']}")
    mine = f"/reviews/{made['id']}"
    assert (await learner.json("PATCH", mine, {"rating": 3}))["learner_name"] == made["learner_name"]
    assert await rating(school, course) == {"average": 3.0, "count": 1}
    await learner.json("DELETE", mine)
    assert await rating(school, course) == {"average": None, "count": 0}


async def test_reviews_of_a_course_out_of_sight_do_not_exist(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    review = await learner.json("POST", f"/courses/{course['id']}/reviews", {"rating": 5})
    await course["teacher"].json("POST", f"/courses/{course['id']}/unpublish")
    assert await school.stranger().refused("GET", f"/courses/{course['id']}/reviews") == (404, "not_found")
    stranger = await school.learner()
    assert await stranger.refused("PATCH", f"/reviews/{review['id']}", {"rating": 1}) == (404, "not_found")
    assert await stranger.refused("DELETE", f"/reviews/{review['id']}") == (404, "not_found")


async def test_staff_may_take_a_review_away(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    review = await learner.json("POST", f"/courses/{course['id']}/reviews", {"rating": 1})
    await course["teacher"].json("DELETE", f"/reviews/{review['id']}")
    assert await rating(school, course) == {"average": None, "count": 0}
    again = await learner.refused("POST", f"/courses/{course['id']}/reviews", {"rating": 1})
    assert again == (403, "review_removed")


async def test_reviews_are_listed_sorted_filtered_and_paged(
    school: School, course: dict[str, Any], count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    path = f"/courses/{course['id']}/reviews"
    for stars in (3, 5, 1, 5):
        await (await a_learner_of(school, course)).json("POST", path, {"rating": stars})
    nobody = school.stranger()
    assert [r["rating"] for r in await nobody.json("GET", path)] == [5, 1, 5, 3]
    assert [r["rating"] for r in await nobody.json("GET", f"{path}?sort=-rating")] == [5, 5, 3, 1]
    assert len(await nobody.json("GET", f"{path}?rating=5")) == 2
    first = (await nobody.ask("GET", f"{path}?sort=-rating&page_size=3")).json()
    cursor = first["meta"]["next_cursor"]
    rest = await nobody.json("GET", f"{path}?sort=-rating&page_size=3&cursor={cursor}")
    assert [r["rating"] for r in rest] == [1]
    with count_queries() as statements:
        await nobody.json("GET", path)
    assert len(statements) <= 3
    assert not any("count(*)" in statement for statement in statements)


async def test_the_total_is_the_counter_where_nothing_is_filtered(
    school: School, course: dict[str, Any], engine: AsyncEngine
) -> None:
    path = f"/courses/{course['id']}/reviews"
    for stars in (3, 5, 5):
        await (await a_learner_of(school, course)).json("POST", path, {"rating": stars})
    async with engine.begin() as conn:
        await conn.execute(text("update course_counters set review_count = 12345"))  # nobody counts that many rows
    for query, total in (("", 12345), ("?page=9", 12345), ("?rating=5", 2), ("?rating=1", 0)):
        meta = (await school.stranger().ask("GET", path + query)).json()["meta"]
        assert (meta["total"], meta.get("total_is_exact", True)) == (total, True), query


async def test_fifty_writers_at_once_add_up(school: School, course: dict[str, Any], engine: AsyncEngine) -> None:
    path = f"/courses/{course['id']}/reviews"
    learners = [await a_learner_of(school, course) for _ in range(10)]

    async def write(learner: Person, n: int) -> None:
        made = await learner.json("POST", path, {"rating": 1 + n % 5})
        await asyncio.gather(
            *(learner.ask("PATCH", f"/reviews/{made['id']}", {"rating": 1 + (n + m) % 5}) for m in range(4))
        )
        if n % 3 == 0:
            await learner.json("DELETE", f"/reviews/{made['id']}")

    await asyncio.gather(*(write(learner, n) for n, learner in enumerate(learners)))
    async with engine.connect() as conn:
        counted = (await conn.execute(text("select review_count, rating_sum from course_counters"))).one()
        written = (await conn.execute(text("select count(*), sum(rating) from reviews where is_active"))).one()
    assert tuple(counted) == tuple(written)


async def test_of_five_first_reviews_at_once_one_is_written(school: School, course: dict[str, Any]) -> None:
    learner = await a_learner_of(school, course)
    path = f"/courses/{course['id']}/reviews"
    answers = await asyncio.gather(*(learner.ask("POST", path, {"rating": 3}) for _ in range(5)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409, 409]
    assert await rating(school, course) == {"average": 3.0, "count": 1}
