"""Signing in under load, with odd input, and again: over HTTP, on PostgreSQL."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.school import tagged
from tests.integration.served import transport_to

from lms_domain.kernel import Secret, Unavailable
from lms_entrypoints.container import Container, close
from lms_entrypoints.services import Services
from lms_entrypoints.settings import DatabaseSettings, Settings

PASSWORD = "correct horse battery"
ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada Example"}
HARD = "".join(chr(33 + n * n * 7 % 94) for n in range(2000))
CREDENTIALS = {"email": ADA["email"], "password": PASSWORD}
Counting = Callable[[], AbstractContextManager[list[str]]]


async def post(client: httpx.AsyncClient, action: str, body: Any, **headers: str) -> httpx.Response:
    return await client.post(f"/api/v1/auth/{action}", json=body, headers=headers)


@pytest.fixture
async def narrow(engine: AsyncEngine, database_url: str) -> AsyncIterator[Services]:
    """The application with one connection."""
    database = DatabaseSettings(url=database_url, pool_size=1)
    container = Container(settings=Settings(environment="test", database=database, security=CHEAP))
    yield container.services()
    await close(container)


@pytest.mark.parametrize("action", ["register", "login"])
async def test_one_connection_serves_everybody_else_while_a_password_is_hashed(
    narrow: Services, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    hashing, go_on = asyncio.Event(), asyncio.Event()
    in_pool = narrow.accounts._passwords._in_pool  # type: ignore[attr-defined]

    async def slow(*args: Any) -> Any:
        hashing.set()
        await go_on.wait()
        return await in_pool(*args)

    transport = transport_to(narrow)
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
        await post(client, "register", ADA)
        monkeypatch.setattr(narrow.accounts._passwords, "_in_pool", slow)
        body = ADA | {"email": "bob@example.org"} if action == "register" else CREDENTIALS
        waiting = asyncio.create_task(post(client, action, body, **{"Idempotency-Key": "k"}))
        async with asyncio.timeout(5):
            await hashing.wait()
            assert (await client.get("/api/v1/courses")).status_code == 200
        go_on.set()
        assert (await waiting).is_success


async def test_when_too_many_passwords_wait_the_next_is_told_when_to_come_back(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> bool:
        raise Unavailable("Too many sign-ins at once; try again in a moment.")

    monkeypatch.setattr(services.accounts._passwords, "_in_pool", full)
    answer = await post(client, "login", CREDENTIALS)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize(
    "body",
    [
        {"email": "a" * 60_000 + "@example.org", "password": PASSWORD},
        {"email": "ada@example.org", "password": "e\u0301" * 10_000},
        {"email": "ada@example.org\0", "password": PASSWORD},
        {"email": "", "password": ""},
        {"email": "ada@example.org", "password": "\0" * 8},
    ],
    ids=["long address", "long password", "NUL in the address", "nothing", "NUL in the password"],
)
async def test_odd_credentials_are_wrong_credentials(client: httpx.AsyncClient, body: dict[str, str]) -> None:
    await post(client, "register", ADA)
    answer = await post(client, "login", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "wrong_credentials")


@pytest.mark.parametrize("password", [HARD[:73], HARD[:1024], "a\0b and more", "e\u0301tudes \U0001f41d", " 8 chars "])
async def test_whatever_was_registered_signs_in(client: httpx.AsyncClient, password: str) -> None:
    assert (await post(client, "register", ADA | {"password": password})).status_code == 201
    assert (await post(client, "login", CREDENTIALS | {"password": password})).status_code == 200
    assert (await post(client, "login", CREDENTIALS | {"password": password[:-1]})).status_code == 401


async def test_the_rule_for_passwords_is_named(client: httpx.AsyncClient) -> None:
    refused = (await post(client, "register", ADA | {"password": "1234567"})).json()
    assert refused["error"]["details"]["problems"] == [{"field": "password", "rule": "8 to 1024 characters"}]


async def test_a_browser_may_name_itself_with_anything(client: httpx.AsyncClient) -> None:
    await post(client, "register", ADA)
    headers = [(b"User-Agent", b"a\x00b\x85")]
    answer = await client.post("/api/v1/auth/login", json=CREDENTIALS, headers=headers)
    assert answer.status_code == 200


async def test_every_step_may_be_repeated_with_its_key(client: httpx.AsyncClient, engine: AsyncEngine) -> None:
    async def twice(action: str, body: Any) -> httpx.Response:
        first, again = [await post(client, action, body, **{"Idempotency-Key": f"my {action}"}) for _ in range(2)]
        assert (again.status_code, again.content) == (first.status_code, first.content)
        assert again.headers["idempotency-replayed"] == "true"
        assert first.headers.get("etag") == again.headers.get("etag")
        return first

    assert (await twice("register", ADA)).status_code == 201
    tokens = (await twice("login", CREDENTIALS)).json()["data"]
    renewed = await twice("refresh", {"refresh_token": tokens["refresh_token"]})
    assert renewed.status_code == 200
    assert (await twice("logout", {"refresh_token": renewed.json()["data"]["refresh_token"]})).status_code == 204
    other = await post(client, "register", ADA | {"email": "b@example.org"}, **{"Idempotency-Key": "my register"})
    assert other.status_code == 201
    async with engine.connect() as conn:
        names = (await conn.execute(text("select name from outbox order by seq"))).scalars().all()
    registered = ["user.registered", "user.ticket_issued"]
    assert names == [*registered, "session.opened", "session.refreshed", "session.ended", *registered]


async def test_a_key_tells_nothing_of_accounts_and_of_passwords(client: httpx.AsyncClient) -> None:
    """Signing in with one that another request had is signing in, and counts as that."""
    key = {"Idempotency-Key": "once"}
    for email in ("ada@example.org", "b@example.org"):
        await post(client, "password/forgotten", {"email": email}, **key)
    assert (await post(client, "register", ADA, **key)).status_code == 201
    right = await post(client, "login", CREDENTIALS, **key)
    assert (right.status_code, "idempotency-replayed" in right.headers) == (200, False)
    for body in (CREDENTIALS | {"password": "wrong"}, CREDENTIALS | {"email": "b@example.org"}):
        assert (await post(client, "login", body, **key)).status_code == 401
    headers = {"Authorization": f"Bearer {right.json()['data']['access_token']}"}
    listed = (await client.get("/api/v1/me/sign-ins", headers=headers)).json()["data"]
    assert [each["outcome"] for each in listed] == ["wrong_password", "succeeded"]


async def test_a_refused_sign_in_is_not_kept_under_its_key(client: httpx.AsyncClient) -> None:
    assert (await post(client, "login", CREDENTIALS, **{"Idempotency-Key": "k"})).status_code == 401
    await post(client, "register", ADA)
    answer = await post(client, "login", CREDENTIALS, **{"Idempotency-Key": "k"})
    assert answer.json()["data"]["access_token"]
    assert "idempotency-replayed" not in answer.headers


async def test_no_secret_is_in_a_log_or_in_what_is_told_of_it(
    client: httpx.AsyncClient, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    await post(client, "register", ADA)
    await post(client, "login", CREDENTIALS | {"password": "wrong horse battery"})
    tokens = (await post(client, "login", CREDENTIALS)).json()["data"]
    await post(client, "refresh", {"refresh_token": "unknown-refresh-token"})
    await client.get("/api/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    async with engine.connect() as conn:
        told = (await conn.execute(text("select string_agg(payload::text, ' ') from outbox"))).scalar_one()
        stored = (await conn.execute(text("select refresh_digest::text || user_agent from sessions"))).scalar_one()
    out, err = capfd.readouterr()
    for secret in (PASSWORD, "wrong horse", tokens["access_token"], tokens["refresh_token"], "unknown-refresh", "$2b$"):
        assert secret not in out + err + told + stored
    assert not re.search('"[^"]*(password|token|digest|email)[^"]*":', told)  # no field of that name
    assert ADA["email"] not in told


async def test_a_sign_in_is_shown_and_leaves_the_version(client: httpx.AsyncClient) -> None:
    assert (await post(client, "register", ADA)).status_code == 201
    token = (await post(client, "login", CREDENTIALS)).json()["data"]["access_token"]
    me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["data"]["last_login_at"].endswith("Z")
    assert tagged(me) == 1


async def test_many_changes_and_sign_ins_at_once_lose_nothing(client: httpx.AsyncClient) -> None:
    await post(client, "register", ADA)
    token = (await post(client, "login", CREDENTIALS)).json()["data"]["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    changes = [client.patch("/api/v1/me", json={"metadata": {"n": n}}, headers=headers) for n in range(10)]
    answers = await asyncio.gather(*changes, *(post(client, "login", CREDENTIALS) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {200}
    me = (await client.get("/api/v1/me", headers=headers)).json()["data"]
    assert me["version"] == 11


async def test_of_changes_to_one_version_one_succeeds(client: httpx.AsyncClient) -> None:
    await post(client, "register", ADA)
    token = (await post(client, "login", CREDENTIALS)).json()["data"]["access_token"]
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"1"'}
    answers = await asyncio.gather(
        *(client.patch("/api/v1/me", json={"bio": str(n)}, headers=headers) for n in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_a_closed_account_reads_nothing_of_itself(
    client: httpx.AsyncClient, engine: AsyncEngine, services: Services
) -> None:
    await post(client, "register", ADA)
    tokens = (await post(client, "login", CREDENTIALS)).json()["data"]
    async with engine.begin() as conn:
        await conn.execute(text("update users set is_active = false"))
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/api/v1/me", headers=headers)).status_code == 401
    assert (await client.patch("/api/v1/me", json={"bio": "x"}, headers=headers)).status_code == 401
    assert (await post(client, "refresh", {"refresh_token": tokens["refresh_token"]})).status_code == 401


AUDITED = 2  # statements: the head of the trail, and its entries
# Of a sign-in one reads the password, and one whether it is the same still, once its user is held.


@pytest.mark.parametrize(
    ("action", "most"),
    [("register", 6 + AUDITED), ("login", 9 + AUDITED), ("refresh", 7), ("logout", 3 + AUDITED)],
)
async def test_signing_in_takes_few_statements(
    client: httpx.AsyncClient, count_queries: Counting, action: str, most: int
) -> None:
    await post(client, "register", ADA)
    token = {"refresh_token": (await post(client, "login", CREDENTIALS)).json()["data"]["refresh_token"]}
    bodies = {"register": ADA | {"email": "b@example.org"}, "login": CREDENTIALS, "refresh": token, "logout": token}
    with count_queries() as statements:
        assert (await post(client, action, bodies[action])).is_success
    assert len(statements) <= most


@pytest.mark.skipif(not hasattr(os, "setpriority"), reason="priorities are POSIX")
async def test_hashing_steps_back_for_everything_else(services: Services) -> None:
    passwords: Any = services.accounts._passwords
    await passwords.hash(Secret(PASSWORD))
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    tids = [thread.native_id for thread in passwords._pool._threads]
    assert {os.getpriority(os.PRIO_PROCESS, tid) for tid in tids} == {min(mine + 19, 19)}
