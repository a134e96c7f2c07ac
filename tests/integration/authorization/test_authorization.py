"""Every route, called by everybody, answers what docs/authorization.md says."""

from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.authorization import page
from tests.integration.authorization.requests import CALLS, OUTSIDE, Call, send
from tests.integration.authorization.world import MARK, World, a_world
from tests.integration.school import School

from lms_entrypoints.container import Container
from lms_entrypoints.http.app import build_app
from lms_entrypoints.http.openapi import document
from lms_entrypoints.services import Services
from lms_entrypoints.settings import Settings

CALLERS = (
    "nobody", "student", "other org", "instructor", "member", "learner", "assistant", "owner", "org admin", "admin",
)  # fmt: skip
SPEC = document(build_app(Container(settings=Settings()).services()))
ROUTES = [
    f"{verb.upper()} {path if path in OUTSIDE else path.removeprefix('/api/v1')}"
    for path, item in SPEC["paths"].items()
    for verb in item
    if verb != "parameters"
]
TABLE = page.rows(page.PAGE.read_text())
PLAIN = Call()
# What is only read comes first, what is taken away last: a world lasts longer so.
VERBS = ["GET", "PUT", "PATCH", "POST", "DELETE"]


class Stage:
    """The world that the next call is made in: another one after a call that spent it."""

    def __init__(self, school: School, engine: AsyncEngine, visibility: str) -> None:
        self._school, self._engine, self._visibility = school, engine, visibility
        self._world: World | None = None

    async def answer(self, route: str, caller: str) -> tuple[str, list[str]]:
        """Its family, and what it gives away although it refuses."""
        world = self._world = self._world or await a_world(self._school, self._engine, self._visibility)
        call = CALLS.get(route, PLAIN)
        if call.before:
            await call.before(world)
        answer = await send(call, route, world, world.people[caller])
        if call.before or (call.spends and answer.is_success):
            self._world = None
        if answer.is_success:
            is_empty = route.startswith("GET ") and _is_list(answer) and not world.shows(answer.text)
            return "empty" if is_empty else "ok", []
        told = [f"shows {MARK}"] if MARK in answer.text.replace(world.ids["slug"], "") else []
        if answer.status_code == 404 and not await _is_as_of_nothing(call, route, world, caller, answer):
            told.append("is another one than for ids that do not exist")
        return str(answer.status_code), told


async def _is_as_of_nothing(call: Call, route: str, world: World, caller: str, answer: httpx.Response) -> bool:
    unknown = world.unknown()
    other = await send(call, route, unknown, world.people[caller])
    return unknown.without_ids(other.text) == world.without_ids(answer.text)


def _is_list(answer: httpx.Response) -> bool:
    if answer.headers.get("content-type") != "application/json":
        return False
    body: dict[str, Any] = answer.json()
    return isinstance(body.get("data"), list)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert page.gaps(ROUTES, TABLE, CALLERS) == [], "see docs/authorization.md"


@pytest.mark.parametrize("visibility", ["public", "members"])
async def test_everybody_is_answered_as_the_page_says(engine: AsyncEngine, services: Services, visibility: str) -> None:
    stage = Stage(School(engine, services), engine, visibility)
    wrong = []
    for route in sorted(set(ROUTES) & TABLE.keys(), key=lambda route: (VERBS.index(route.partition(" ")[0]), route)):
        for caller in CALLERS:
            family, told = await stage.answer(route, caller)
            said = page.expected(TABLE[route][caller], visibility)
            if family != said:
                wrong.append(f"{route} as {caller}: the page says {said}, the answer is {family}")
            wrong += [f"{route} as {caller}: the answer {each}" for each in told]
    assert wrong == []


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
