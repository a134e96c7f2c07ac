"""Where the calls are made, and what is looked at in the answers."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from tests.integration.authorization.requests import CALLS, OUTSIDE, Call, send
from tests.integration.authorization.world import MARK, World
from tests.integration.served import described

CALLERS = (
    "nobody", "student", "other org", "instructor", "member", "learner", "assistant", "owner", "org admin", "admin",
)  # fmt: skip
PLAIN = Call()
# What is only read comes first, what is taken away last: a world lasts longer so.
VERBS = ["GET", "PUT", "PATCH", "POST", "DELETE"]


def all_routes() -> list[str]:
    """As the page writes them, in the order in which they are called."""
    paths = described()["paths"]
    routes = [
        f"{verb.upper()} {path if path in OUTSIDE else path.removeprefix('/api/v1')}"
        for path, item in paths.items()
        for verb in item
        if verb != "parameters"
    ]
    return sorted(routes, key=lambda route: (VERBS.index(route.partition(" ")[0]), route))


class Stage:
    """The world that the next call is made in: another one after a call that spent it, or for another route."""

    def __init__(self, make: Callable[[], Awaitable[World]]) -> None:
        self._make = make
        self._world: World | None = None
        self._changed_for: str | None = None  # a route, and no other

    async def answer(self, route: str, caller: str) -> tuple[str, list[str]]:
        """Its family, and what it gives away although it refuses."""
        call = CALLS.get(route, PLAIN)
        world = await self._set_for(route, call)
        answer = await send(call, route, world, world.people[caller])
        if call.spends and answer.is_success:
            self._world = None
        if answer.is_success:
            is_empty = route.startswith("GET ") and _is_list(answer) and not world.shows(answer.text)
            return "empty" if is_empty else "ok", []
        told = [f"shows {MARK}"] if MARK in answer.text.replace(world.ids["slug"], "") else []
        if answer.status_code == 404 and not await _is_as_of_nothing(call, route, world, caller, answer):
            told.append("is another one than for ids that do not exist")
        return str(answer.status_code), told

    async def _set_for(self, route: str, call: Call) -> World:
        is_set = self._world is not None and self._changed_for == route
        if self._world is None or (self._changed_for and not is_set):
            self._world, self._changed_for = await self._make(), None
        if call.before and not is_set:
            await call.before(self._world)
        if call.before or call.changes:
            self._changed_for = route
        return self._world


async def _is_as_of_nothing(call: Call, route: str, world: World, caller: str, answer: httpx.Response) -> bool:
    unknown = world.unknown()
    other = await send(call, route, unknown, world.people[caller])
    return unknown.without_ids(other.text) == world.without_ids(answer.text)


def _is_list(answer: httpx.Response) -> bool:
    if answer.headers.get("content-type") != "application/json":
        return False
    body: dict[str, Any] = answer.json()
    return isinstance(body.get("data"), list)
