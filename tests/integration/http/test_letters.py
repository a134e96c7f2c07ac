"""Letters about accounts: to whom one goes, in which language, and what follows when an address takes none."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, a_background
from tests.integration.http.mailbox import Mailbox, token_in
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.mailing import LetterKind, Refused
from lms_domain.queues import QueueName
from lms_entrypoints.services import Services

API = "/api/v1"
CURL = "curl/8.5.0"
REFUSAL = Refused("550 5.1.1", "550 5.1.1 no such user here", is_address=True)


async def kinds(mailbox: Mailbox) -> list[LetterKind]:
    return sorted(letter.kind for letter in await mailbox.emptied())


@pytest.fixture
async def mine(client: httpx.AsyncClient, ada: str, mailbox: Mailbox) -> Signed:
    signed = await sign_in(client)
    assert await kinds(mailbox) == [LetterKind.VERIFICATION]  # of the first sign-in nobody need be told
    return signed


async def test_a_sign_in_from_a_device_not_seen_before_is_told_once(
    client: httpx.AsyncClient, mine: Signed, mailbox: Mailbox
) -> None:
    await sign_in(client)
    assert await kinds(mailbox) == []
    await sign_in(client, user_agent=CURL)
    [letter] = await mailbox.emptied()
    assert (letter.kind, letter.to) == (LetterKind.NEW_SIGN_IN, "ada@example.org")
    assert letter.values["device"] == "curl"
    assert letter.values["ip"]
    await sign_in(client, user_agent="curl/9.1")
    assert await kinds(mailbox) == []


async def test_an_admin_who_stands_in_is_no_device_of_the_users(
    client: httpx.AsyncClient, mine: Signed, admin: Signed, mailbox: Mailbox, ada: str
) -> None:
    body = {"reason": "Ticket 4711"}
    headers = {"authorization": f"Bearer {admin.tokens['access_token']}", "user-agent": CURL}
    acted = await client.post(f"{API}/users/{ada}/act-as", json=body, headers=headers)
    assert acted.is_success, acted.text
    assert await kinds(mailbox) == []
    await sign_in(client, user_agent=CURL)
    assert await kinds(mailbox) == [LetterKind.NEW_SIGN_IN]


async def test_who_has_proved_an_address_is_welcome_once_and_in_their_language(
    client: httpx.AsyncClient, mine: Signed, mailbox: Mailbox
) -> None:
    await mine.ask("PATCH", "/me", {"locale": "de-AT", "timezone": "Europe/Vienna"})
    for _ in range(2):
        await client.post(f"{API}/auth/email/verification", json={"email": "ada@example.org"})
    tokens = [token_in(letter) for letter in await mailbox.emptied()]
    assert len(tokens) == 2
    for token in tokens:
        assert (
            await client.post(f"{API}/auth/email/verify", json={"token": token, "password": PASSWORD})
        ).status_code == 204
    [letter] = await mailbox.emptied()
    assert (letter.kind, letter.locale, letter.timezone) == (LetterKind.WELCOME, "de-AT", "Europe/Vienna")
    assert letter.values["name"] == "Ada"


@pytest.fixture
async def unreachable(client: httpx.AsyncClient, ada: str, services: Services) -> Signed:
    """Her address refused the letter that registration is followed by."""
    box = Box(error=REFUSAL)
    await a_background(services.run, box).drain()
    return await sign_in(client)


async def me(signed: Signed) -> dict[str, Any]:
    found: dict[str, Any] = (await signed.ask("GET", "/me")).json()["data"]
    return found


async def test_an_address_that_refuses_for_good_is_marked_and_the_letter_is_not_tried_again(
    unreachable: Signed, services: Services, engine: AsyncEngine
) -> None:
    told = await me(unreachable)
    assert told["email_refused_at"]
    assert told["email_refusal"] == "550 5.1.1 no such user here"
    async with engine.begin() as conn:
        states = await conn.execute(text("select state, attempts from tasks where reaction = 'letter'"))
        assert [tuple(row) for row in states] == [("done", 0)]
        audited = "select count(*) from audit_entries where action = 'user.email_refused' and target_id = :id"
        assert (await conn.execute(text(audited), {"id": told["id"]})).scalar_one() == 1


async def test_a_marked_address_is_sent_only_what_somebody_asks_for(
    client: httpx.AsyncClient, unreachable: Signed, mailbox: Mailbox
) -> None:
    await sign_in(client, user_agent=CURL)
    await unreachable.ask("POST", "/me/password", {"current_password": PASSWORD, "new_password": f"{PASSWORD} 2"})
    assert await kinds(mailbox) == []
    for path in ("password/forgotten", "email/verification"):
        await client.post(f"{API}/auth/{path}", json={"email": "ada@example.org"})
    assert await kinds(mailbox) == [LetterKind.PASSWORD_RESET, LetterKind.VERIFICATION]


@pytest.mark.parametrize("way", ["verify", "reset", "change"])
async def test_who_reads_a_letter_there_is_written_to_again(
    client: httpx.AsyncClient, unreachable: Signed, mailbox: Mailbox, way: str
) -> None:
    address = "ada@example.org"
    if way == "verify":
        await client.post(f"{API}/auth/email/verification", json={"email": address})
        body = {"token": await mailbox.token(), "password": PASSWORD}
        done = await client.post(f"{API}/auth/email/verify", json=body)
    elif way == "reset":
        await client.post(f"{API}/auth/password/forgotten", json={"email": address})
        body = {"token": await mailbox.token(), "new_password": PASSWORD}
        done = await client.post(f"{API}/auth/password/reset", json=body)
    else:
        address = "ada@example.net"
        await unreachable.ask("POST", "/me/email", {"email": address, "current_password": PASSWORD})
        tokens = [token_in(letter) for letter in await mailbox.emptied()]
        [_, done] = [await client.post(f"{API}/auth/email/confirm", json={"token": token}) for token in tokens]
    assert done.is_success, done.text
    told = await me(await sign_in(client, address))
    assert (told["email_refused_at"], told["email_refusal"]) == (None, "")
    await mailbox.emptied()
    await sign_in(client, address, user_agent=CURL)
    assert await kinds(mailbox) == [LetterKind.NEW_SIGN_IN]


async def test_what_is_refused_for_what_it_says_waits_for_an_operator(
    mine: Signed, client: httpx.AsyncClient, services: Services, engine: AsyncEngine
) -> None:
    """That we may not send, or not that, says nothing about the address; trying again would change nothing."""
    await sign_in(client, user_agent=CURL)
    await a_background(services.run, Box(error=Refused("554 5.7.1", "relaying denied", is_address=False))).drain()
    assert (await me(mine))["email_refused_at"] is None
    async with engine.begin() as conn:
        dead = await conn.execute(text("select error, attempts from tasks where state = 'dead'"))
        [(error, attempts)] = [tuple(row) for row in dead]
    assert (error, attempts) == ("Refused: The mail server refused the letter for good. (554 5.7.1)", 1)


async def test_a_refusal_of_an_address_that_was_left_meanwhile_marks_nobody(
    mine: Signed, client: httpx.AsyncClient, services: Services, engine: AsyncEngine
) -> None:
    await sign_in(client, user_agent=CURL)

    class Moves(Box):
        async def send(self, _: Any, /) -> None:
            async with engine.begin() as conn:
                await conn.execute(text("update users set email = 'new@example.org'"))
            raise REFUSAL

    await a_background(services.run, Moves()).drain()
    assert (await me(mine))["email_refused_at"] is None


async def test_nobody_is_written_to_who_was_erased(
    mine: Signed, admin: Signed, mailbox: Mailbox, ada: str, engine: AsyncEngine
) -> None:
    await mine.ask("POST", "/auth/email/verification", {"email": "ada@example.org"})
    await a_background(mailbox.run, queues=[QueueName.DEFAULT]).drain()  # a link waits to be sent
    await mine.ask("POST", "/me/password", {"current_password": PASSWORD, "new_password": f"{PASSWORD} 2"})
    assert (await admin.ask("POST", f"/users/{ada}/erase")).is_success
    assert [letter.to for letter in await mailbox.emptied() if letter.to != "root@example.org"] == []
    async with engine.begin() as conn:
        undone = "select count(*) from tasks where (state <> 'done' and due_at <= now()) or attempts > 0"
        assert (await conn.execute(text(undone))).scalar_one() == 0
