"""Where somebody is signed in: what ends there is refused by the very next request."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.signed import Signed, sign_in
from tests.integration.served import transport_to

from lms_adapters.postgres.identity import PgCredentials, PgUsers
from lms_domain.kernel import UserId
from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import DatabaseSettings, Settings


@pytest.mark.usefixtures("ada")
async def test_my_sessions_are_listed_with_their_devices(client: httpx.AsyncClient) -> None:
    await sign_in(client, user_agent="")
    mine = await sign_in(client)
    here, elsewhere = await mine.sessions()
    assert (here["device"], here["current"]) == ("Firefox on Linux", True)
    assert (elsewhere["device"], elsewhere["current"]) == ("Unknown device", False)
    assert here["ip"] == "127.0.0.1"
    assert not {"refresh_digest", "user_agent", "user_id"} & here.keys()
    first = await mine.ask("GET", "/me/sessions?page_size=1")
    assert first.json()["meta"]["total"] == 2
    second = await mine.ask("GET", f"/me/sessions?page_size=1&cursor={first.json()['meta']['next_cursor']}")
    assert [line["id"] for line in second.json()["data"]] == [elsewhere["id"]]


@pytest.mark.usefixtures("ada")
async def test_ending_one_session_ends_its_tokens_at_once(client: httpx.AsyncClient) -> None:
    mine, stolen = await sign_in(client), await sign_in(client)
    assert await stolen.is_in()
    there = next(line["id"] for line in await mine.sessions() if not line["current"])
    for _ in range(2):  # ending it twice is no error
        assert (await mine.ask("DELETE", f"/me/sessions/{there}")).status_code == 204
    refused = await stolen.ask("GET", "/me")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "token_revoked")
    assert (await stolen.refresh()).status_code == 401
    assert await mine.is_in()
    assert len(await mine.sessions()) == 1


async def test_a_session_of_somebody_else_does_not_exist(client: httpx.AsyncClient, ada: str, admin: Signed) -> None:
    mine = await sign_in(client)
    theirs = (await admin.sessions())[0]["id"]
    assert (await mine.ask("DELETE", f"/me/sessions/{theirs}")).status_code == 404
    assert (await mine.ask("GET", f"/users/{ada}/sessions")).status_code == 403
    assert (await mine.ask("POST", f"/users/{ada}/sessions/end-all")).status_code == 403
    assert await admin.is_in()


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize(("action", "stays"), [("end-others", True), ("end-all", False)])
async def test_many_sessions_end_together(client: httpx.AsyncClient, action: str, *, stays: bool) -> None:
    mine, others = await sign_in(client), [await sign_in(client) for _ in range(3)]
    assert (await mine.ask("POST", f"/me/sessions/{action}")).status_code == 204
    assert [await other.is_in() for other in others] == [False] * 3
    assert [(await other.refresh()).status_code for other in others] == [401] * 3
    assert await mine.is_in() is stays
    assert (await mine.refresh()).is_success is stays


async def test_an_admin_sees_and_ends_the_sessions_of_others(
    client: httpx.AsyncClient, ada: str, admin: Signed
) -> None:
    hers = await sign_in(client)
    assert len((await admin.ask("GET", f"/users/{ada}/sessions")).json()["data"]) == 1
    assert (await admin.ask("POST", f"/users/{ada}/sessions/end-all")).status_code == 204
    assert not await hers.is_in()
    assert (await hers.refresh()).status_code == 401
    assert await admin.is_in()


@pytest.mark.usefixtures("ada")
async def test_signing_out_ends_the_access_token_too(client: httpx.AsyncClient) -> None:
    mine = await sign_in(client)
    await client.post("/api/v1/auth/logout", json={"refresh_token": mine.tokens["refresh_token"]})
    assert not await mine.is_in()


async def test_a_change_of_roles_is_in_force_at_once(client: httpx.AsyncClient, ada: str, admin: Signed) -> None:
    hers = await sign_in(client)
    await admin.ask("PATCH", f"/users/{ada}", {"roles": ["instructor"]})
    assert not await hers.is_in()
    assert (await hers.refresh()).is_success
    assert (await hers.ask("POST", "/courses", {"title": "Bees"})).status_code == 201
    await admin.ask("PATCH", f"/users/{ada}", {"roles": ["student"]})
    assert (await hers.ask("POST", "/courses", {"title": "Wasps"})).status_code == 401
    assert (await hers.refresh()).is_success
    assert (await hers.ask("POST", "/courses", {"title": "Wasps"})).status_code == 403


@pytest.mark.parametrize("reads", [PgUsers.get, PgCredentials.auth_version])
async def test_roles_that_change_in_the_middle_of_a_refresh_do_not_slip_through(
    client: httpx.AsyncClient, ada: str, admin: Signed, monkeypatch: pytest.MonkeyPatch, reads: Callable[..., Any]
) -> None:
    hers = await sign_in(client)
    await admin.ask("PATCH", f"/users/{ada}", {"roles": ["instructor"]})

    async def interrupted(self: Any, user_id: UserId, /) -> Any:
        found = await reads(self, user_id)
        monkeypatch.undo()
        await admin.ask("PATCH", f"/users/{ada}", {"roles": ["student"]})
        return found

    monkeypatch.setattr(PgUsers if reads is PgUsers.get else PgCredentials, reads.__name__, interrupted)
    assert (await hers.refresh()).is_success
    assert (await hers.ask("POST", "/courses", {"title": "Bees"})).status_code in {401, 403}


async def test_a_closed_account_is_out_at_once_and_for_good(client: httpx.AsyncClient, ada: str, admin: Signed) -> None:
    hers = await sign_in(client)
    await admin.ask("PATCH", f"/users/{ada}", {"is_active": False})
    assert not await hers.is_in()
    await admin.ask("PATCH", f"/users/{ada}", {"is_active": True})
    assert (await hers.refresh()).status_code == 401
    assert await (await sign_in(client)).is_in()


async def used_long_ago(engine: AsyncEngine) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set rotated_at = rotated_at - interval '11 seconds'"))


@pytest.mark.usefixtures("ada")
async def test_a_refresh_token_that_comes_again_ends_its_session(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    mine, other = await sign_in(client), await sign_in(client)
    thief = Signed(client, mine.tokens)
    assert (await mine.refresh()).is_success
    await used_long_ago(engine)
    refused = await thief.refresh()
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "refresh_token_reused")
    assert not await mine.is_in()
    assert (await mine.refresh()).status_code == 401
    assert await other.is_in()
    async with engine.connect() as conn:
        told = await conn.execute(text("select payload->>'because' from outbox where name = 'session.ended'"))
        assert told.scalars().all() == ["refresh_token_reused"]


@pytest.mark.usefixtures("ada")
async def test_a_client_whose_answer_got_lost_asks_again(client: httpx.AsyncClient) -> None:
    mine = await sign_in(client)
    lost = Signed(client, mine.tokens)
    assert (await lost.refresh()).is_success
    for _ in range(3):
        again = Signed(client, mine.tokens)
        assert (await again.refresh()).is_success
        assert again.tokens["refresh_token"] == lost.tokens["refresh_token"]
        assert await again.is_in()


@pytest.mark.usefixtures("ada")
async def test_of_two_tokens_ago_there_is_no_asking_again(client: httpx.AsyncClient) -> None:
    mine = await sign_in(client)
    old = Signed(client, mine.tokens)
    await mine.refresh()
    await mine.refresh()
    assert (await old.refresh()).json()["error"]["code"] == "refresh_token_reused"
    assert not await mine.is_in()


@pytest.mark.usefixtures("ada")
async def test_a_process_that_starts_knows_what_was_ended_before(client: httpx.AsyncClient, database_url: str) -> None:
    out, closed, mine = await sign_in(client), await sign_in(client), await sign_in(client)
    await client.post("/api/v1/auth/logout", json={"refresh_token": out.tokens["refresh_token"]})
    await mine.ask("POST", "/me/sessions/end-others")
    database = DatabaseSettings(url=database_url, pool_size=2)
    container = Container(settings=Settings(environment="test", database=database, security=CHEAP))
    services = container.services()
    transport = transport_to(services)
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as fresh:
        found = [(await who.ask("GET", "/me", client=fresh)).status_code for who in (out, closed, mine)]
    await close(container)
    assert found == [401, 401, 200]
