"""The outermost layer: ids, bounds and log lines, whatever the app inside does."""

from typing import Any

import httpx
import pytest
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath
from structlog.testing import capture_logs

from lms_domain.kernel import LmsError, NotFound
from lms_entrypoints.http.bodies import Bodies
from lms_entrypoints.http.edge import Edge, Rules
from lms_entrypoints.http.envelope import Envelope
from lms_entrypoints.http.errors import fail, refuse, reject


@post("/echo")
async def echo(request: Request[Any, Any, Any]) -> dict[str, int]:
    return {"size": len(await request.body())}


@get("/things/{number:int}")
async def thing(number: FromPath[int]) -> dict[str, int]:
    if number == 0:
        raise NotFound(number=number)
    return {"number": 10 // (number - 1)}


@pytest.fixture
async def client() -> httpx.AsyncClient:
    app = Litestar(
        [echo, thing],
        response_class=Envelope,
        exception_handlers={LmsError: refuse, HTTPException: reject, Exception: fail},
        openapi_config=None,
        logging_config=None,
    )
    edge = Edge(app, Rules(bodies=Bodies(most=1000, upload=2000)))
    transport = httpx.ASGITransport(edge, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://lms.test")


async def test_every_answer_has_a_request_id_a_404_too(client: httpx.AsyncClient) -> None:
    first, second = await client.get("/things/2"), await client.get("/nowhere")
    assert (first.status_code, second.status_code) == (200, 404)
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert second.json()["error"]["code"] == "not_found"


async def test_a_callers_request_id_is_kept(client: httpx.AsyncClient) -> None:
    answer = await client.get("/things/2", headers={"X-Request-ID": "trace-42"})
    assert answer.headers["x-request-id"] == "trace-42"


@pytest.mark.parametrize("forged", ['"}\u00e9', "x" * 129, "a b", ""])
async def test_an_id_that_could_forge_a_log_line_is_not(client: httpx.AsyncClient, forged: str) -> None:
    answer = await client.get("/things/2", headers=[(b"X-Request-ID", forged.encode("latin-1"))])
    assert answer.headers["x-request-id"] != forged


async def test_a_body_over_the_limit_is_refused_while_it_streams(client: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 1_000_000:
            sent += 500
            yield b"x" * 500

    refused = await client.post("/echo", content=endless())
    assert refused.status_code == 413
    assert refused.json()["error"]["code"] == "body_too_large"
    assert sent < 10_000
    assert (await client.post("/echo", content=b"x" * 1000)).json()["data"] == {"size": 1000}


async def test_a_fault_of_ours_tells_the_caller_nothing_but_its_id(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        answer = await client.get("/things/1")
    assert answer.status_code == 500
    assert answer.json()["error"] == {"code": "internal_error", "details": {}}
    assert "ZeroDivision" not in answer.text
    assert any(line["event"] == "unhandled_error" for line in lines)


async def test_a_fault_of_a_layer_in_between_is_answered_as_any_other() -> None:
    async def layer(*_: Any) -> None:
        raise RecursionError

    edge = Edge(layer, Rules(bodies=Bodies(most=1000, upload=2000)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(edge), base_url="http://lms.test") as client:
        with capture_logs() as lines:
            answer = await client.get("/things/1")
    assert answer.status_code == 500
    assert answer.json()["error"] == {"code": "internal_error", "details": {}}
    assert answer.headers["x-request-id"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [line["event"] for line in lines] == ["unhandled_error", "request"]


async def test_one_line_is_logged_per_request_and_none_of_the_query(client: httpx.AsyncClient) -> None:
    with capture_logs() as lines:
        await client.get("/things/2?token=hunter2")
    (line,) = lines
    assert (line["method"], line["path"], line["status"]) == ("GET", "/things/2", 200)
    assert line["duration_ms"] >= 0
    assert "hunter2" not in str(lines)


async def test_a_refusal_names_its_code_and_details(client: httpx.AsyncClient) -> None:
    answer = await client.get("/things/0")
    assert answer.status_code == 404
    assert answer.json() == {
        "success": False,
        "message": "There is no such thing.",
        "data": None,
        "error": {"code": "not_found", "details": {"number": 0}},
    }
