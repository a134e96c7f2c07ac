"""Personal API tokens over HTTP: what a program may do with one, and until when."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.signed import Signed, sign_in

from lms_domain.identity.api_tokens import MOST_TOKENS, Scope
from lms_entrypoints.http.app import build_app
from lms_entrypoints.http.openapi import document
from lms_entrypoints.http.scopes import AREAS
from lms_entrypoints.services import Services


async def made(owner: Signed, *scopes: str, **fields: Any) -> dict[str, Any]:
    body = {"name": "Report", "scopes": list(scopes) or ["courses:read"]} | fields
    answer = await owner.ask("POST", "/me/api-tokens", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


def program(client: httpx.AsyncClient, token: dict[str, Any]) -> Signed:
    return Signed(client, {"access_token": token["token"]})


@pytest.fixture
async def mine(client: httpx.AsyncClient, ada: str) -> Signed:
    return await sign_in(client)


async def test_a_token_is_shown_once_and_kept_as_a_digest(
    client: httpx.AsyncClient, mine: Signed, engine: AsyncEngine
) -> None:
    token = await made(mine, "account:read", "courses:read")
    assert token["token"].startswith("lms_")
    (line,) = (await mine.ask("GET", "/me/api-tokens")).json()["data"]
    assert line["prefix"] == token["token"][:12]
    assert line["scopes"] == ["account:read", "courses:read"]
    assert line["last_used_at"] is None
    assert token["token"] not in (await mine.ask("GET", "/me/api-tokens")).text
    async with engine.connect() as conn:
        for table in ("api_tokens", "outbox", "idempotency_keys"):
            rows = await conn.execute(text(f"select t::text from {table} t"))
            assert token["token"] not in "".join(rows.scalars())
    assert (await program(client, token).ask("GET", "/me")).status_code == 200
    (line,) = (await mine.ask("GET", "/me/api-tokens")).json()["data"]
    assert line["last_used_at"] is not None


async def test_a_token_does_what_its_scopes_say(client: httpx.AsyncClient, mine: Signed) -> None:
    reader = program(client, await made(mine, "account:read"))
    assert (await reader.ask("GET", "/me")).status_code == 200
    refused = await reader.ask("PATCH", "/me", {"bio": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "insufficient_scope")
    assert refused.json()["error"]["details"] == {"scope": "account:write"}
    assert (await reader.ask("GET", "/courses")).status_code == 403  # even what nobody need sign in for
    writer = program(client, await made(mine, "account:write"))
    assert (await writer.ask("PATCH", "/me", {"bio": "x"})).status_code == 200


async def test_a_token_may_no_more_than_its_owner(client: httpx.AsyncClient, mine: Signed) -> None:
    everything = program(client, await made(mine, *Scope))
    assert (await everything.ask("POST", "/courses", {"title": "Bees"})).status_code == 403
    assert (await everything.ask("GET", "/users")).status_code == 403


async def test_with_a_token_no_other_is_made_or_revoked(client: httpx.AsyncClient, mine: Signed) -> None:
    token = await made(mine, *Scope)
    everything = program(client, token)
    refused = await everything.ask("POST", "/me/api-tokens", {"name": "Another", "scopes": ["courses:read"]})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "session_needed")
    assert (await everything.ask("DELETE", f"/me/api-tokens/{token['api_token']['id']}")).status_code == 403


async def test_an_answer_that_was_kept_is_told_again_to_its_own_credential_alone(
    client: httpx.AsyncClient, mine: Signed
) -> None:
    programs = [await made(mine, "account:write") for _ in range(2)]

    async def ask(token: str, path: str, body: dict[str, Any]) -> tuple[int, str]:
        headers = {"authorization": f"Bearer {token}", "idempotency-key": "once"}
        answer = await client.post(f"/api/v1{path}", json=body, headers=headers)
        return answer.status_code, answer.headers.get("idempotency-replayed", "")

    body = {"name": "Report", "scopes": ["courses:read"]}
    assert await ask(mine.tokens["access_token"], "/me/api-tokens", body) == (201, "")
    for each in programs:
        assert await ask(each["token"], "/me/api-tokens", body) == (403, "")
    other = await sign_in(client)
    assert await ask(other.tokens["access_token"], "/me/api-tokens", body) == (201, "true")


async def test_a_revoked_token_is_refused_at_once(client: httpx.AsyncClient, mine: Signed) -> None:
    token = await made(mine, "account:read")
    reader = program(client, token)
    assert await reader.is_in()
    for _ in range(2):
        assert (await mine.ask("DELETE", f"/me/api-tokens/{token['api_token']['id']}")).status_code == 204
    assert (await reader.ask("GET", "/me")).status_code == 401
    assert (await mine.ask("GET", "/me/api-tokens")).json()["data"] == []


async def test_admins_see_and_revoke_the_tokens_of_others(
    client: httpx.AsyncClient, ada: str, mine: Signed, admin: Signed
) -> None:
    readers = [program(client, await made(mine, "account:read")) for _ in range(3)]
    assert [await reader.is_in() for reader in readers] == [True] * 3
    lines = (await admin.ask("GET", f"/users/{ada}/api-tokens?page_size=2")).json()
    assert (len(lines["data"]), lines["meta"]["total"]) == (2, 3)
    assert (await admin.ask("DELETE", f"/me/api-tokens/{lines['data'][0]['id']}")).status_code == 204
    assert (await admin.ask("POST", f"/users/{ada}/api-tokens/revoke-all")).status_code == 204
    assert [await reader.is_in() for reader in readers] == [False] * 3
    assert (await mine.ask("GET", f"/users/{ada}/api-tokens")).status_code == 403


async def test_a_token_of_somebody_else_does_not_exist(mine: Signed, admin: Signed) -> None:
    theirs = await made(admin, "account:read")
    assert (await mine.ask("DELETE", f"/me/api-tokens/{theirs['api_token']['id']}")).status_code == 404


async def test_a_token_goes_with_its_account_and_follows_its_roles(
    client: httpx.AsyncClient, ada: str, mine: Signed, admin: Signed
) -> None:
    writer = program(client, await made(mine, "courses:write"))
    assert (await writer.ask("POST", "/courses", {"title": "Bees"})).status_code == 403
    await admin.ask("PATCH", f"/users/{ada}", {"roles": ["instructor"]})
    assert (await writer.ask("POST", "/courses", {"title": "Bees"})).status_code == 201
    await admin.ask("PATCH", f"/users/{ada}", {"roles": ["student"]})
    assert (await writer.ask("POST", "/courses", {"title": "Wasps"})).status_code == 403
    await admin.ask("PATCH", f"/users/{ada}", {"is_active": False})
    assert (await writer.ask("POST", "/courses", {"title": "Wasps"})).status_code == 401
    await admin.ask("PATCH", f"/users/{ada}", {"is_active": True})
    assert (await writer.ask("POST", "/courses", {"title": "Wasps"})).status_code == 401


async def test_ending_all_sessions_leaves_api_tokens(client: httpx.AsyncClient, mine: Signed) -> None:
    reader = program(client, await made(mine, "account:read"))
    await mine.ask("POST", "/me/sessions/end-all")
    assert not await mine.is_in()
    assert await reader.is_in()


async def test_a_token_is_good_until_it_expires_and_from_where_it_is_allowed(
    client: httpx.AsyncClient, mine: Signed, engine: AsyncEngine
) -> None:
    here = program(client, await made(mine, "account:read", networks=["127.0.0.0/8", "2001:db8::/32"]))
    elsewhere = program(client, await made(mine, "account:read", networks=["192.0.2.0/24"]))
    assert await here.is_in()
    assert not await elsewhere.is_in()
    late = program(client, await made(mine, "account:read"))
    async with engine.begin() as conn:
        await conn.execute(text("update api_tokens set expires_at = now() - interval '1 second'"))
    assert not await late.is_in()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"networks": ["not a network"]}, "networks[0]"),
        ({"networks": ["10.0.0.1/8"]}, "networks[0]"),
        ({"networks": ["::1/128", "::1%eth0/128"]}, "networks[1]"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": (datetime.now(UTC) + timedelta(days=400)).isoformat()}, "expires_at"),
    ],
)
async def test_a_bad_field_is_named(mine: Signed, changes: dict[str, Any], field: str) -> None:
    answer = await mine.ask("POST", "/me/api-tokens", {"name": "Report", "scopes": ["courses:read"]} | changes)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["problems"][0]["field"].startswith(field)


async def test_of_many_at_once_no_more_are_made_than_may_be(mine: Signed, engine: AsyncEngine) -> None:
    body = {"name": "Report", "scopes": ["courses:read"]}
    answers = await asyncio.gather(*(mine.ask("POST", "/me/api-tokens", body) for _ in range(MOST_TOKENS + 10)))
    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(409)) == (MOST_TOKENS, 10)
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from api_tokens"))).scalar() == MOST_TOKENS


@pytest.mark.parametrize("token", ["lms_", "lms_" + "x" * 43, "lms_é", "lms_" + "x" * 10_000])
async def test_what_is_no_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    headers = {b"authorization": f"Bearer {token}".encode()}
    assert (await client.get("/api/v1/courses", headers=headers)).status_code == 401


def test_every_route_that_knows_its_caller_says_which_scope_a_token_needs(services: Services) -> None:
    paths = document(build_app(services))["paths"]
    silent = [
        f"{verb} {path}"
        for path, item in paths.items()
        for verb, operation in item.items()
        if any("bearer" in each and not each["bearer"] for each in operation.get("security", [{"bearer": []}]))
        and path.startswith("/api/v1")
    ]
    assert silent == []
    named = {
        scope
        for item in paths.values()
        for each in item.values()
        for s in each["security"]
        for scope in s.get("bearer", ())
    }
    assert named <= {scope.value for scope in Scope}
    assert {scope.partition(":")[0] for scope in Scope} == set(AREAS.values())
