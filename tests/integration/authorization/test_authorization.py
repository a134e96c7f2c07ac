"""Every route, called by everybody, answers what docs/authorization.md says."""

import re
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.authorization import page
from tests.integration.authorization.stage import CALLERS, Stage, all_routes
from tests.integration.authorization.world import World, a_world
from tests.integration.school import School

from lms_entrypoints.services import Services

ROUTES = all_routes()
TABLE = page.rows(page.PAGE.read_text())
OF_A_COURSE = re.compile(
    r"{(course_id|slug|section_id|lesson_id|code_id|review_id|announcement_id|enrollment_id|organization_id)}"
)
# Whose answers may depend on who sees the course.
OF_COURSES = [route for route in ROUTES if OF_A_COURSE.search(route) or "/courses" in route or "/categories" in route]
PARTS = 3  # for as many processes


def in_parts(visibility: str, routes: list[str]) -> list[Any]:
    return [pytest.param(visibility, routes[n::PARTS], id=f"{visibility}-{n}") for n in range(PARTS)]


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    told = page.gaps(ROUTES, TABLE, CALLERS)
    assert not told, "\n".join(["In docs/authorization.md:", *told])


@pytest.mark.parametrize(("visibility", "routes"), [*in_parts("public", ROUTES), *in_parts("members", OF_COURSES)])
async def test_everybody_is_answered_as_the_page_says(
    school: School, engine: AsyncEngine, visibility: str, routes: list[str]
) -> None:
    stage = Stage(lambda: a_world(school, engine, visibility))
    wrong = []
    for route in routes:
        for caller in CALLERS:
            family, told = await stage.answer(route, caller)
            said = page.expected(TABLE[route][caller], visibility) if route in TABLE else "nothing"
            if family != said:
                wrong.append(f"{route} as {caller}: the page says {said}, the answer is {family}")
            wrong += [f"{route} as {caller}: the answer {each}" for each in told]
    assert not wrong, "\n".join(wrong)


async def test_of_a_deleted_organization_nobody_sees_anything(school: School, engine: AsyncEngine) -> None:
    """But learners what is their own: enrollment, transcript, review."""

    async def deleted() -> World:
        world = await a_world(school, engine, "public")
        await world.people["admin"].json("DELETE", f"/organizations/{world.organization_id}")
        return world

    stage, wrong = Stage(deleted), []
    for route in filter(OF_A_COURSE.search, (route for route in ROUTES if route in TABLE)):
        own = "{enrollment_id}" in route or "{review_id}" in route or route == "POST /courses/{course_id}/enrollments"
        for caller in CALLERS:
            if own and caller == "learner":
                continue
            said = "401" if page.expected(TABLE[route][caller], "public") == "401" else "404"
            family, told = await stage.answer(route, caller)
            if (family, told) != (said, []):
                wrong.append(f"{route} as {caller}: {family} and not {said} {told}")
    assert not wrong, "\n".join(wrong)


def test_a_route_without_a_row_is_told_and_so_is_a_row_without_a_route() -> None:
    text = "| route | nobody | admin |\n|---|---|---|\n| `GET /hives` | 401 | ok/404 |\n| `GET /bees` | 401 |"
    with pytest.raises(ValueError, match="argument 2 is shorter"):
        page.rows(text)
    table = page.rows(text + " ok |")
    assert page.gaps(["GET /hives", "POST /hives"], table, ["nobody", "admin"]) == [
        "add a row for `POST /hives`",
        "remove the row of `GET /bees`: there is no such route",
    ]
    assert page.gaps(["GET /bees", "GET /hives"], table, ["nobody"])[0].startswith("`GET /hives`: the columns")
    assert [page.expected("ok/404", each) for each in ("public", "members")] == ["ok", "404"]
    with pytest.raises(ValueError, match="'yes' is none of"):
        page.expected("yes", "public")
