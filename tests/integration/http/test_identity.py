"""Accounts over HTTP, on PostgreSQL."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import tagged

from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_entrypoints.services import Services

PASSWORD = "correct horse battery"
ADA = {"email": "Ada@Example.org", "password": PASSWORD, "full_name": "Ada Example"}


async def register(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/api/v1/auth/register", json=ADA | changes)


async def sign_in(client: httpx.AsyncClient, email: str = "ada@example.org", **headers: str) -> httpx.Response:
    body = {"email": email, "password": PASSWORD}
    return await client.post("/api/v1/auth/login", json=body, headers=headers)


async def bearer(client: httpx.AsyncClient, email: str = "ada@example.org") -> dict[str, str]:
    return {"Authorization": "Bearer " + (await sign_in(client, email)).json()["data"]["access_token"]}


@pytest.fixture
async def admin(client: httpx.AsyncClient, services: Services) -> dict[str, str]:
    await services.accounts.create(
        services.run, email="root@example.org", full_name="Root", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    return await bearer(client, "root@example.org")


async def test_registration_makes_a_student_and_shows_no_hash(client: httpx.AsyncClient) -> None:
    answer = await register(client)
    assert answer.status_code == 201
    made = {"email": "ada@example.org", "full_name": ADA["full_name"], "verified_only": False}
    assert answer.json()["data"] == made
    me = await client.get("/api/v1/me", headers=await bearer(client))
    assert made["email"] == me.json()["data"]["email"]
    assert me.json()["data"]["roles"] == ["student"]
    assert "$2b$" not in answer.text + me.text
    assert "password" not in answer.text + me.text


async def test_nobody_registers_as_anything_but_a_student(client: httpx.AsyncClient) -> None:
    answer = await register(client, roles=["admin"])
    assert answer.status_code == 422
    assert "roles" in answer.text


@pytest.mark.parametrize("email", ["ada@example.org", "ADA@EXAMPLE.ORG", " aDa@example.org"])
async def test_an_address_has_one_account_whatever_its_case(client: httpx.AsyncClient, email: str) -> None:
    await register(client)
    again = await register(client, email=email)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "email_taken")


async def test_of_ten_registrations_at_once_one_succeeds(client: httpx.AsyncClient) -> None:
    emails = ["ada@example.org", "ADA@example.org"] * 5
    answers = await asyncio.gather(*(register(client, email=email) for email in emails))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a" * 300 + "@example.org"}, "email"),
        ({"email": "a\0@example.org"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 1025}, "password"),
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 201}, "full_name"),
        ({"full_name": "a\0b"}, "full_name"),
    ],
)
async def test_a_bad_field_is_named(client: httpx.AsyncClient, changes: dict[str, str], field: str) -> None:
    answer = await register(client, **changes)
    assert answer.status_code == 422
    assert [p["field"] for p in answer.json()["error"]["details"]["problems"]] == [field]


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'{"email": "\\ud800"}', b"[" * 50_000, b"null", b""])
async def test_a_body_that_is_no_json_object_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/auth/register", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["success"] is False


async def test_signing_in_answers_tokens(client: httpx.AsyncClient) -> None:
    await register(client)
    tokens = (await sign_in(client, "ADA@example.org")).json()["data"]
    assert set(tokens) == {
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "device_token",
        "mfa_required_by",
        "recovery_codes",
    }
    assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)


async def test_a_wrong_password_and_an_unknown_address_are_refused_alike(client: httpx.AsyncClient) -> None:
    await register(client, password="something else")
    wrong, unknown = await sign_in(client), await sign_in(client, "bob@example.org")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert wrong.headers["www-authenticate"] == "Bearer"


async def test_a_repeated_sign_in_gets_the_same_tokens_and_the_database_cannot_read_them(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    await register(client)
    first = await sign_in(client, **{"Idempotency-Key": "once"})
    again = await sign_in(client, **{"Idempotency-Key": "once"})
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    async with engine.connect() as conn:
        kept = (await conn.execute(text("select encode(body, 'escape') || key from idempotency_keys"))).scalar_one()
    assert first.json()["data"]["refresh_token"] not in kept
    assert "once" not in kept


async def test_who_asks_twice_at_once_gets_the_same_refresh_token(client: httpx.AsyncClient) -> None:
    await register(client)
    token = (await sign_in(client)).json()["data"]["refresh_token"]
    body = {"refresh_token": token}
    answers = await asyncio.gather(*(client.post("/api/v1/auth/refresh", json=body) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["refresh_token"] for answer in answers} | {token}) == 2


async def test_a_session_that_was_ended_is_not_refreshed(client: httpx.AsyncClient) -> None:
    await register(client)
    body = {"refresh_token": (await sign_in(client)).json()["data"]["refresh_token"]}
    for _ in range(2):  # ending it twice is no error
        assert (await client.post("/api/v1/auth/logout", json=body)).status_code == 204
    assert (await client.post("/api/v1/auth/refresh", json=body)).status_code == 401


async def test_my_account_is_read_and_changed(client: httpx.AsyncClient) -> None:
    await register(client)
    headers = await bearer(client)
    changes = {"full_name": "Ada Lovelace", "locale": "pt-br", "timezone": "Europe/London", "metadata": {"team": "x"}}
    changed = await client.patch("/api/v1/me", json=changes, headers=headers | {"If-Match": '"1"'})
    assert tagged(changed) == 2
    me = (await client.get("/api/v1/me", headers=headers)).json()["data"]
    assert (me["full_name"], me["locale"], me["timezone"]) == ("Ada Lovelace", "pt-BR", "Europe/London")
    stale = await client.patch("/api/v1/me", json=changes, headers=headers | {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "outdated")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"locale": "klingon!"}, "locale"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"bio": "x" * 2001}, "bio"),
        ({"metadata": {"a": {"b": {"c": {"d": {"e": {"f": 1}}}}}}}, "metadata"),
    ],
)
async def test_a_profile_keeps_to_its_rules(client: httpx.AsyncClient, changes: dict[str, Any], field: str) -> None:
    await register(client)
    answer = await client.patch("/api/v1/me", json=changes, headers=await bearer(client))
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["problems"][0]["field"].startswith(field)


async def test_nobody_is_401_and_a_bad_token_is_never_nobody(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/me")).status_code == 401
    for header in ("Bearer x", "Basic abc", "Bearer", ""):
        answer = await client.get("/api/v1/courses", headers={"Authorization": header})
        assert answer.status_code == 401, header


async def test_my_account_costs_one_statement(
    client: httpx.AsyncClient, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    await register(client)
    headers = await bearer(client)
    with count_queries() as statements:
        await client.get("/api/v1/me", headers=headers)
    assert len(statements) == 1


async def test_accounts_are_for_admins(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    await register(client)
    found = (await client.get("/api/v1/users?search=ADA", headers=admin)).json()
    assert [user["email"] for user in found["data"]] == ["ada@example.org"]
    assert found["meta"]["total"] == 1
    student = await bearer(client)
    assert (await client.get("/api/v1/users", headers=student)).status_code == 403
    path = f"/api/v1/users/{found['data'][0]['id']}"
    assert (await client.patch(path, json={"roles": ["admin"]}, headers=student)).status_code == 403
    made = await client.patch(path, json={"roles": ["instructor", "student"]}, headers=admin)
    assert made.json()["data"]["roles"] == ["instructor", "student"]


async def test_a_demoted_admin_cannot_go_back_on_an_older_token(
    client: httpx.AsyncClient, admin: dict[str, str], services: Services
) -> None:
    other = await services.accounts.create(
        services.run, email="two@example.org", full_name="Two", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    older = await bearer(client, "two@example.org")
    path = f"/api/v1/users/{other.id}"
    assert (await client.patch(path, json={"roles": ["student"]}, headers=admin)).status_code == 200
    assert (await client.patch(path, json={"roles": ["admin"]}, headers=older)).status_code == 401  # its token is void


async def test_of_two_admins_who_dismiss_each_other_one_stays(
    client: httpx.AsyncClient, admin: dict[str, str], services: Services
) -> None:
    other = await services.accounts.create(
        services.run, email="two@example.org", full_name="Two", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    mine = (await client.get("/api/v1/me", headers=admin)).json()["data"]["id"]
    theirs = await bearer(client, "two@example.org")
    body = {"roles": ["student"]}
    answers = await asyncio.gather(
        client.patch(f"/api/v1/users/{mine}", json=body, headers=theirs),
        client.patch(f"/api/v1/users/{other.id}", json=body, headers=admin),
    )
    # Who is late is no admin any more, or the last one.
    assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])


async def test_a_closed_account_does_not_sign_in(client: httpx.AsyncClient, admin: dict[str, str]) -> None:
    await register(client)
    id = (await client.get("/api/v1/me", headers=await bearer(client))).json()["data"]["id"]
    assert (await client.patch(f"/api/v1/users/{id}", json={"is_active": False}, headers=admin)).status_code == 200
    assert (await sign_in(client)).status_code == 401


async def test_hashing_holds_no_connection(
    client: httpx.AsyncClient, services: Services, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy: list[int] = []
    verify = services.accounts._passwords.verify

    async def watched(*args: Any, **line: Any) -> bool:
        busy.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return await verify(*args, **line)

    await register(client)
    monkeypatch.setattr(services.accounts._passwords, "verify", watched)
    assert (await sign_in(client)).status_code == 200
    assert busy == [0]
