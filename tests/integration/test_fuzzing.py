"""Every operation of the document, with whatever the document allows and some that it does not: never a fault."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.authorization.world import World, a_world
from tests.integration.school import School

from lms_entrypoints.services import Services

DOCUMENT = json.loads((Path(__file__).parents[2] / "openapi.json").read_text())
SCHEMA: Any = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {f"{found.method.upper()} {found.path}": found for found in (r.ok() for r in SCHEMA.get_all_operations())}
ALWAYS = {400, 404, 405, 413, 415, 429}  # of what was never routed to the operation
# httpx takes these; what schemathesis gives beside is for other clients.
GIVEN = ("headers", "params", "json", "files", "cookies")


@pytest.fixture
async def world(engine: AsyncEngine, services: Services) -> World:
    return await a_world(School(engine, services), engine, "public")


# A world takes longer to make than the calls that are made in it. What takes away comes last.
VERBS = ("GET", "PUT", "PATCH", "POST", "DELETE")
ORDERED = sorted(OPERATIONS, key=lambda name: (VERBS.index(name.partition(" ")[0]), name))
PARTS = 8


@dataclass(frozen=True)
class Drawn:
    """`known`: with the ids of what there is in the world."""

    case: Any
    known: bool
    caller: str


def cases_of(operation: Any) -> list[Drawn]:
    """The same in every run."""
    found: list[Drawn] = []

    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(data=st.data())
    def collect(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        known = data.draw(st.integers(0, 3)) > 0
        found.append(Drawn(case, known, data.draw(st.sampled_from(["admin", "owner", "learner", "nobody"]))))

    collect()
    return found


@pytest.mark.parametrize("part", range(PARTS))
async def test_no_operation_fails(world: World, part: int) -> None:
    for name in ORDERED[part::PARTS]:
        cases = cases_of(OPERATIONS[name])
        assert cases, name
        for drawn in cases:
            await must_be_answered(world, name, drawn)


async def must_be_answered(world: World, name: str, drawn: Drawn) -> None:
    case = drawn.case
    if drawn.known:
        case.path_parameters = {k: world.ids.get(k, v) for k, v in (case.path_parameters or {}).items()}
    asked = case.as_transport_kwargs(base_url="http://lms.test")
    sent = {key: asked[key] for key in GIVEN if asked.get(key)}
    if isinstance(asked.get("data"), (bytes, str)):
        sent["content"] = asked["data"]
    given_headers = {k: v for k, v in sent.get("headers", {}).items() if k.lower() != "authorization"}
    sent["headers"] = {k: v.encode("utf-8", "replace") for k, v in given_headers.items()}  # httpx takes ASCII alone
    answer = await world.people[drawn.caller].client.request(asked["method"], asked["url"], **sent)
    documented = set(map(int, OPERATIONS[name].definition.raw["responses"])) | ALWAYS
    told = f"{name} as {drawn.caller}: {asked['url']} {sent} {answer.status_code} {answer.text}"
    assert answer.status_code in documented, told
    if answer.headers.get("content-type") == "application/json" and name != "GET /.well-known/jwks.json":
        body = answer.json()
        assert body["success"] is answer.is_success, told
        assert answer.is_success or (body["error"]["code"] and body["message"]), told
