"""Every operation of the document, with whatever the document allows and some that it does not: never a fault."""

import json
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


@pytest.mark.parametrize("name", sorted(OPERATIONS))
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
async def test_no_operation_fails(world: World, name: str, data: st.DataObject) -> None:
    operation = OPERATIONS[name]
    mode = data.draw(st.sampled_from([GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE]))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if data.draw(st.integers(0, 3)):  # mostly of what there is
        case.path_parameters = {k: world.ids.get(k, v) for k, v in (case.path_parameters or {}).items()}
    asked = case.as_transport_kwargs(base_url="http://lms.test")
    sent = {key: asked[key] for key in GIVEN if asked.get(key)}
    if isinstance(asked.get("data"), (bytes, str)):
        sent["content"] = asked["data"]
    caller = world.people[data.draw(st.sampled_from(["admin", "owner", "learner", "nobody"]))]
    given = {k: v for k, v in sent.get("headers", {}).items() if k.lower() != "authorization"}
    sent["headers"] = {k: v.encode("utf-8", "replace") for k, v in given.items()}  # httpx takes no other letters
    answer = await caller.client.request(asked["method"], asked["url"], **sent)
    documented = set(map(int, operation.definition.raw["responses"])) | ALWAYS
    assert answer.status_code in documented, answer.text
    if answer.headers.get("content-type") == "application/json" and name != "GET /.well-known/jwks.json":
        body = answer.json()
        assert body["success"] is answer.is_success
        assert answer.is_success or (body["error"]["code"] and body["message"])
