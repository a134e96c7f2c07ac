"""What every answer tells a browser, who may call from where, and how long anybody waits."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.signed import PASSWORD, sign_in
from tests.integration.served import transport_to

from lms_adapters.memory.gate import MemoryGate
from lms_adapters.postgres.courses_tables import assets, blobs
from lms_adapters.postgres.database import PgReader
from lms_adapters.postgres.identity_tables import organizations
from lms_domain.kernel import Unavailable
from lms_entrypoints.container import Container, close
from lms_entrypoints.http.limits import Limits
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
        transport = transport_to(services)
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
    rules = set(headers["content-security-policy"].split("; "))
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= rules
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "cache-control" in headers
    assert "strict-transport-security" not in headers


HARDENED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


async def refusals(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> list[httpx.Response]:
    """One of each that the edge, the gate, the framework and a handler make."""

    def broken(*_: object) -> None:
        raise RuntimeError("hunter2")

    answers = [
        await client.get("/api/v1/courses", headers={"Host": "evil.org"}),
        await client.get("/api/v1/me"),
        await client.get("/nowhere"),
        await client.delete("/api/v1/courses"),
        await client.post("/api/v1/auth/login", content=b"x" * 70_000, headers={"content-type": "application/json"}),
        await client.post("/api/v1/auth/register", json={}),
    ]
    for owner, name in ((PgReader, "open"), (Limits, "buckets")):  # within a handler, and before any
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, broken)
            answers.append(await client.get(f"/api/v1/courses/{UUID(int=1)}"))
    with monkeypatch.context() as patched:
        patched.setattr(MemoryGate, "ask", away)
        answers.append(await client.post("/api/v1/auth/login", json={}))
    return answers


async def away(*_: object) -> None:
    raise Unavailable


async def test_refusals_and_faults_are_hardened_and_enveloped_as_all_else(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await serve(allowed_hosts="lms.example.org", cors_origins=APP)
    client.headers["Origin"] = APP
    answers = await refusals(client, monkeypatch)
    assert [answer.status_code for answer in answers] == [400, 401, 404, 405, 413, 422, 500, 500, 503]
    for answer in answers:
        assert HARDENED.items() <= answer.headers.items(), answer
        assert answer.headers["access-control-allow-origin"] == APP, answer
        assert answer.headers["x-request-id"], answer
        assert answer.json()["success"] is False
        assert answer.json()["error"]["code"]
        assert "hunter2" not in answer.text


async def test_a_file_of_a_course_keeps_the_headers_that_let_pages_show_it(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    key, size = "0" * 32, 6
    async with engine.begin() as conn:
        await conn.execute(insert(blobs).values(sha256=b"x", size=size, data=b"GIF89a"))
        organization_id = (await conn.execute(select(organizations.c.id))).scalar_one()
        about = {"name": "a.gif", "media_type": "image/gif", "size": size, "created_at": datetime.now(UTC)}
        await conn.execute(insert(assets).values(key=key, organization_id=organization_id, sha256=b"x", **about))
    for tags, status in (({}, 200), ({"If-None-Match": f'"{key}"'}, 304)):
        shown = await client.get(f"/api/v1/assets/{key}/a.gif", headers=tags)
        assert shown.status_code == status
        assert shown.headers["cross-origin-resource-policy"] == "cross-origin"
        assert shown.headers["content-security-policy"].endswith("sandbox")
        assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert len(shown.headers.get_list("x-content-type-options")) == 1


async def test_the_documentation_may_load_its_own_files_and_nothing_else(client: httpx.AsyncClient) -> None:
    page = await client.get("/docs", follow_redirects=True)
    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2]
    assert "unsafe-eval" not in policy
    assert "http" not in policy


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


@pytest.mark.parametrize("path", ["/", "/health", "/api/v1/me"])
async def test_what_a_proxy_is_asked_to_say_back_is_said_by_nobody(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.request("TRACE", path, headers={"Authorization": "Bearer hunter2"})
    assert answer.status_code in {404, 405}
    assert "hunter2" not in answer.text


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


async def test_caches_learn_that_an_answer_depends_on_the_origin(serve: Serve) -> None:
    """Also of the answer to nobody's page, which would be handed to the next one."""
    client = await serve(cors_origins=APP)
    assert (await client.get("/api/v1/courses")).headers["vary"] == "Origin"


async def test_cookies_come_along_where_it_is_set_and_never_for_everybody(serve: Serve) -> None:
    named = await serve(cors_origins=APP, cors_credentials=True)
    answer = await named.get("/api/v1/courses", headers={"Origin": APP})
    assert answer.headers["access-control-allow-credentials"] == "true"
    everybody = await serve(cors_origins="*", cors_credentials=True)  # which settings refuse before
    answer = await everybody.get("/api/v1/courses", headers={"Origin": APP})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_a_304_goes_to_pages_of_known_origins_too(serve: Serve) -> None:
    client = await serve(cors_origins=APP)
    await client.post("/api/v1/auth/register", json=ADA)
    mine = await sign_in(client)
    tag = (await mine.ask("GET", "/me")).headers["etag"]
    headers = {"authorization": f"Bearer {mine.tokens['access_token']}", "If-None-Match": tag, "Origin": APP}
    known = await client.get("/api/v1/me", headers=headers)
    assert (known.status_code, known.headers["etag"]) == (304, tag)
    assert known.headers["access-control-allow-origin"] == APP
    assert known.headers["cache-control"] == "no-store"


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


@pytest.mark.parametrize(
    "host", ["lms.example.org", "LMS.example.org:8443", "a.b.schools.example.org", "[::1]:8000", "lms.example.org."]
)
async def test_a_known_host_is_served(serve: Serve, host: str) -> None:
    client = await serve(allowed_hosts="lms.example.org, *.schools.example.org, ::1")
    assert (await client.get("/api/v1/courses", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.org",
        "lms.example.org.evil.org",
        "schools.example.org",
        "",
        "[",
        "@",
        "x@lms.example.org",
    ],
)
async def test_an_unknown_host_is_refused_by_name(serve: Serve, host: str) -> None:
    client = await serve(allowed_hosts="lms.example.org, *.schools.example.org")
    refused = await client.get("/api/v1/courses", headers={"Host": host})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "host_refused")
    assert "Host" in refused.json()["message"]
    assert refused.headers["x-request-id"]
    assert (await client.get("/health", headers={"Host": host})).status_code == 200


async def test_two_hosts_are_one_too_many(serve: Serve) -> None:
    client = await serve(allowed_hosts="lms.example.org")
    hosts = [("Host", "lms.example.org"), ("Host", "evil.org")]
    assert (await client.get("/api/v1/courses", headers=hosts)).status_code == 400


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


@pytest.mark.parametrize(("levels", "status"), [(5, 200), (6, 422), (63, 422), (64, 400), (10_000, 400)])
async def test_deep_json_is_refused(client: httpx.AsyncClient, levels: int, status: int) -> None:
    """Free metadata has five levels, and JSON as such 64: that is known before any of it is decoded."""
    await client.post("/api/v1/auth/register", json=ADA)
    mine = await sign_in(client)
    nested = b'{"metadata":' + b'{"a":' * (levels - 1) + b"{}" + b"}" * levels
    headers = {"authorization": f"Bearer {mine.tokens['access_token']}", "content-type": "application/json"}
    answer = await client.patch("/api/v1/me", content=nested, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json().get("error", {}).get("code") == {200: None, 422: "invalid", 400: "too_deep"}[status]
    unknown = await client.patch("/api/v1/me", content=nested.replace(b"metadata", b"unknown"), headers=headers)
    assert unknown.status_code in {400, 422}


async def test_documentation_is_not_served_in_production_unless_it_is_said(database_url: str) -> None:
    for server, status in ((ServerSettings(), 404), (ServerSettings(docs=True), 200)):
        settings = Settings(environment="production", database=DatabaseSettings(url=database_url), server=server)
        container = Container(settings=settings)
        services = container.services()
        transport = transport_to(services)
        async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
            for path in ("/docs", "/openapi.json", "/docs/files/start.js"):
                assert (await client.get(path, follow_redirects=True)).status_code == status, path
        await close(container)
