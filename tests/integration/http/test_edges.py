"""What every answer tells a browser, who may call from where, and how long anybody waits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.signed import PASSWORD, sign_in

from lms_entrypoints.container import Container, close
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.settings import DatabaseSettings, ServerSettings, Settings

ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
APP = "https://app.example.org"
Serve = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def serve(database_url: str, engine: AsyncEngine) -> AsyncIterator[Serve]:
    """With these SERVER_ settings."""
    made: list[tuple[httpx.AsyncClient, Container]] = []

    async def start(**server: Any) -> httpx.AsyncClient:
        settings = Settings(
            environment="test",
            database=DatabaseSettings(url=database_url, pool_size=3),
            security=CHEAP,
            server=ServerSettings(**server),
        )
        container = Container(settings=settings)
        services = container.services()
        transport = httpx.ASGITransport(at_the_edge(build_app(services), services))
        client = httpx.AsyncClient(transport=transport, base_url="http://lms.example.org")
        made.append((client, container))
        return client

    yield start
    for client, container in made:
        await client.aclose()
        await close(container)


@pytest.mark.parametrize(
    "path", ["/api/v1/courses", "/api/v1/me", "/nowhere", "/health", "/docs/", "/openapi.json", "/docs/files/start.js"]
)
async def test_every_answer_forbids_what_browsers_guess_frame_and_run(client: httpx.AsyncClient, path: str) -> None:
    headers = (await client.get(path, follow_redirects=True)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "cache-control" in headers
    assert "strict-transport-security" not in headers


async def test_what_is_somebodys_is_kept_by_nobody_else(client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/auth/register", json=ADA)
    answer = await client.post("/api/v1/auth/login", json={"email": ADA["email"], "password": PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    mine = await sign_in(client)
    assert (await mine.ask("GET", "/me")).headers["cache-control"] == "no-store"
    assert (await mine.ask("GET", "/courses")).headers["cache-control"] == "no-store"
    assert (await client.get("/api/v1/courses")).headers["cache-control"] == "no-cache"


async def test_https_is_asked_for_where_it_is_set(serve: Serve) -> None:
    client = await serve(hsts_seconds=31_536_000)
    answer = await client.get("/api/v1/courses")
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


async def test_only_pages_of_known_origins_may_call(serve: Serve) -> None:
    client = await serve(cors_origins=f"{APP}, https://other.example.org")
    ours = await client.get("/api/v1/courses", headers={"Origin": APP})
    assert ours.headers["access-control-allow-origin"] == APP
    assert "ETag" in ours.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in ours.headers
    for origin in ("https://evil.example.org", f"{APP}.evil.org", "null", "http://app.example.org"):
        theirs = await client.get("/api/v1/courses", headers={"Origin": origin})
        assert "access-control-allow-origin" not in theirs.headers
        assert theirs.headers["vary"] == "Origin"


async def test_a_browser_that_asks_first_is_answered_at_the_edge(serve: Serve) -> None:
    client = await serve(cors_origins=APP)
    asked = {"Origin": APP, "Access-Control-Request-Method": "PUT"}
    answer = await client.options("/api/v1/me", headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert "Idempotency-Key" in answer.headers["access-control-allow-headers"]
    refused = await client.options("/api/v1/me", headers=asked | {"Origin": "https://evil.example.org"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "origin_refused")


async def test_without_a_setting_no_page_may_call(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/courses", headers={"Origin": APP})
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("host", ["lms.example.org", "LMS.example.org:8443", "a.b.schools.example.org", "[::1]:8000"])
async def test_a_known_host_is_served(serve: Serve, host: str) -> None:
    client = await serve(allowed_hosts="lms.example.org, *.schools.example.org, ::1")
    assert (await client.get("/api/v1/courses", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize("host", ["evil.org", "lms.example.org.evil.org", "schools.example.org", "", "[", "@"])
async def test_an_unknown_host_is_refused_by_name(serve: Serve, host: str) -> None:
    client = await serve(allowed_hosts="lms.example.org, *.schools.example.org")
    refused = await client.get("/api/v1/courses", headers={"Host": host})
    assert refused.status_code == 422
    assert [p["field"] for p in refused.json()["error"]["details"]["problems"]] == ["Host"]
    assert refused.headers["x-request-id"]
    assert (await client.get("/health", headers={"Host": host})).status_code == 200


async def test_a_request_that_takes_too_long_is_given_up_and_undone(serve: Serve, engine: AsyncEngine) -> None:
    client = await serve(request_seconds=1)
    await client.post("/api/v1/auth/register", json=ADA)
    mine = await sign_in(client)
    async with engine.begin() as conn:
        await conn.execute(text("select * from users for update"))
        given_up = await mine.ask("PATCH", "/me", {"bio": "Slow"})
    assert (given_up.status_code, given_up.json()["error"]["code"]) == (503, "timed_out")
    assert given_up.headers["retry-after"]
    assert (await mine.ask("GET", "/me")).json()["data"]["bio"] == ""
    async with engine.connect() as conn:
        left = "select count(*) from pg_stat_activity where datname = current_database() and state like '%transaction%'"
        assert (await conn.execute(text(left))).scalar_one() <= 1  # this one, at most


async def test_a_body_that_never_ends_is_given_up(serve: Serve) -> None:
    client = await serve(request_seconds=1)

    async def drip() -> AsyncIterator[bytes]:
        yield b'{"email": "'
        await asyncio.sleep(30)

    headers = {"content-type": "application/json"}
    given_up = await client.post("/api/v1/auth/register", content=drip(), headers=headers)
    assert (given_up.status_code, given_up.json()["error"]["code"]) == (503, "timed_out")


@pytest.mark.parametrize(("levels", "status"), [(5, 200), (6, 422), (900, 422), (10_000, 400)])
async def test_deep_json_is_refused(client: httpx.AsyncClient, levels: int, status: int) -> None:
    """Only free metadata can be deep: all else has its shape."""
    await client.post("/api/v1/auth/register", json=ADA)
    mine = await sign_in(client)
    nested = b'{"metadata":' + b'{"a":' * (levels - 1) + b"{}" + b"}" * levels
    headers = {"authorization": f"Bearer {mine.tokens['access_token']}", "content-type": "application/json"}
    answer = await client.patch("/api/v1/me", content=nested, headers=headers)
    assert answer.status_code == status, answer.text
    unknown = await client.patch("/api/v1/me", content=nested.replace(b"metadata", b"unknown"), headers=headers)
    assert unknown.status_code in {400, 422}


async def test_documentation_is_not_served_in_production_unless_it_is_said(database_url: str) -> None:
    for server, status in ((ServerSettings(), 404), (ServerSettings(docs=True), 200)):
        settings = Settings(environment="production", database=DatabaseSettings(url=database_url), server=server)
        container = Container(settings=settings)
        services = container.services()
        transport = httpx.ASGITransport(at_the_edge(build_app(services), services))
        async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
            for path in ("/docs", "/openapi.json", "/docs/files/start.js"):
                assert (await client.get(path, follow_redirects=True)).status_code == status, path
        await close(container)
