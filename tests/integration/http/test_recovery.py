"""Passwords and addresses: changed, forgotten, proved; as clients and mailboxes see it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.mailbox import Mailbox, token_in
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.identity.tickets import MOST_AN_HOUR
from lms_domain.mailing import LetterKind

ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada Example"}
NEW = "a horse of another colour"


Post = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def post(client: httpx.AsyncClient, mailbox: Mailbox) -> Post:
    """Ada is registered, and her first letter read."""

    async def send(path: str, **body: Any) -> httpx.Response:
        return await client.post(f"/api/v1/auth/{path}", json=body)

    assert (await send("register", **ADA)).status_code == 201
    await mailbox.emptied()
    return send


async def test_a_forgotten_password_is_chosen_anew_with_the_link(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox
) -> None:
    before = await sign_in(client)
    assert (await post("password/forgotten", email="ADA@example.org")).status_code == 202
    token = await mailbox.token()
    assert (await post("password/reset", token=token, new_password=NEW)).status_code == 204
    assert not await before.is_in()
    assert (await before.refresh()).status_code == 401
    assert (await post("login", email=ADA["email"], password=PASSWORD)).status_code == 401
    assert (await post("login", email=ADA["email"], password=NEW)).status_code == 200
    again = await post("password/reset", token=token, new_password=PASSWORD)
    assert (again.status_code, again.json()["error"]["code"]) == (422, "link_not_good")
    assert LetterKind.PASSWORD_CHANGED in {letter.kind for letter in await mailbox.emptied()}


async def test_of_many_who_use_a_link_at_once_one_succeeds(post: Post, mailbox: Mailbox) -> None:
    await post("password/forgotten", email=ADA["email"])
    token = await mailbox.token()
    answers = await asyncio.gather(*(post("password/reset", token=token, new_password=f"{NEW} {n}") for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [204] + [422] * 7
    winner = [answer.status_code for answer in answers].index(204)
    assert (await post("login", email=ADA["email"], password=f"{NEW} {winner}")).status_code == 200


async def test_of_several_links_each_is_good_until_one_was_used(post: Post, mailbox: Mailbox) -> None:
    for _ in range(3):
        await post("password/forgotten", email=ADA["email"])
    oldest, *others = [token_in(letter) for letter in await mailbox.emptied()]
    assert (await post("password/reset", token=oldest, new_password=NEW)).status_code == 204
    for token in (oldest, *others):
        refused = (await post("password/reset", token=token, new_password=PASSWORD)).json()
        assert refused["error"]["code"] == "link_not_good"
        assert "what it was for has changed since" in refused["message"]


async def test_nobody_learns_whether_there_is_an_account(
    post: Post, mailbox: Mailbox, engine: AsyncEngine, count_queries: Any
) -> None:
    for path in ("password/forgotten", "email/verification"):
        with count_queries() as of_known:
            known = await post(path, email=ADA["email"])
        with count_queries() as of_unknown:
            unknown = await post(path, email="nobody@example.org")
        assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
        assert of_known == of_unknown
    async with engine.connect() as conn:
        told = (await conn.execute(text("select string_agg(payload::text, ' ') from outbox"))).scalar_one()
    assert "example.org" not in told
    assert {letter.to for letter in await mailbox.emptied()} == {ADA["email"]}


async def test_a_mailbox_is_not_flooded(post: Post, mailbox: Mailbox) -> None:
    for _ in range(MOST_AN_HOUR + 3):
        assert (await post("password/forgotten", email=ADA["email"])).status_code == 202
    assert len(await mailbox.emptied()) == MOST_AN_HOUR


@pytest.mark.parametrize("token", ["", "x", "A" * 64, "\u00e9" * 20, "é" * 64])
async def test_what_is_no_link_of_ours_is_refused_by_name(post: Post, token: str) -> None:
    for path, more in (
        ("password/reset", {"new_password": NEW}),
        ("email/verify", {"password": PASSWORD}),
        ("email/confirm", {}),
    ):
        refused = await post(path, token=token, **more)
        assert refused.status_code == 422, refused.text
        assert [p["field"] for p in refused.json()["error"]["details"]["problems"]] == ["token"]


async def test_a_link_is_good_for_what_it_was_sent_for(post: Post, mailbox: Mailbox) -> None:
    await post("email/verification", email=ADA["email"])
    token = await mailbox.token()
    assert (await post("password/reset", token=token, new_password=NEW)).status_code == 422
    assert (await post("email/verify", token=token, password=PASSWORD)).status_code == 204


async def test_an_old_link_is_not_good(post: Post, mailbox: Mailbox, engine: AsyncEngine) -> None:
    await post("password/forgotten", email=ADA["email"])
    token = await mailbox.token()
    async with engine.begin() as conn:
        await conn.execute(text("update tickets set expires_at = now() - :past"), {"past": timedelta(seconds=1)})
    assert (await post("password/reset", token=token, new_password=NEW)).status_code == 422


async def test_changing_the_password_keeps_this_session_alone(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox
) -> None:
    here, there = await sign_in(client), await sign_in(client)
    wrong = await here.ask("POST", "/me/password", {"current_password": "wrong", "new_password": NEW})
    assert [p["field"] for p in wrong.json()["error"]["details"]["problems"]] == ["current_password"]
    changed = await here.ask("POST", "/me/password", {"current_password": PASSWORD, "new_password": NEW})
    assert changed.status_code == 204
    assert await here.is_in()
    assert not await there.is_in()
    assert (await post("login", email=ADA["email"], password=NEW)).status_code == 200
    assert {letter.kind for letter in await mailbox.emptied()} == {LetterKind.PASSWORD_CHANGED, LetterKind.NEW_SIGN_IN}


async def test_of_two_changes_at_once_one_is_told_that_the_password_is_another(
    client: httpx.AsyncClient, post: Post
) -> None:
    mine = await sign_in(client)
    bodies = [{"current_password": PASSWORD, "new_password": f"{NEW} {n}"} for n in range(4)]
    answers = await asyncio.gather(*(mine.ask("POST", "/me/password", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422, 422]
    winner = [answer.status_code for answer in answers].index(204)
    assert (await post("login", email=ADA["email"], password=f"{NEW} {winner}")).status_code == 200


@pytest.mark.usefixtures("post")
async def test_a_stolen_session_is_no_way_to_try_passwords(client: httpx.AsyncClient) -> None:
    mine = await sign_in(client)
    body = {"current_password": "wrong", "new_password": NEW}
    statuses = [(await mine.ask("POST", "/me/password", body)).status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]


@pytest.mark.parametrize(
    ("password", "rule"),
    [("1234567", "8 to 1024"), ("password1", "most common"), ("ada example", "harder to guess"), ("x" * 73, "harder")],
)
@pytest.mark.usefixtures("post")
async def test_a_weak_password_is_refused_and_the_rule_named(
    client: httpx.AsyncClient, password: str, rule: str
) -> None:
    body = ADA | {"email": "new@example.org", "password": password}
    refused = (await client.post("/api/v1/auth/register", json=body)).json()
    [problem] = refused["error"]["details"]["problems"]
    assert problem["field"] == "password"
    assert rule in problem["rule"]
    mine = await sign_in(client)
    refused = (await mine.ask("POST", "/me/password", {"current_password": PASSWORD, "new_password": password})).json()
    assert [p["field"] for p in refused["error"]["details"]["problems"]] == ["new_password"]


async def test_an_address_is_proved_with_the_letter_that_follows_registration(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox
) -> None:
    await client.post("/api/v1/auth/register", json=ADA | {"email": "new@example.org"})
    token = await mailbox.token("new@example.org")
    mine = await sign_in(client, "new@example.org")
    assert (await mine.ask("GET", "/me")).json()["data"]["email_verified_at"] is None
    assert (await post("email/verify", token=token, password=PASSWORD)).status_code == 204
    assert (await mine.ask("GET", "/me")).json()["data"]["email_verified_at"]


async def asked_to_move(mine: Signed, email: str) -> None:
    answer = await mine.ask("POST", "/me/email", {"email": email, "current_password": PASSWORD})
    assert answer.status_code == 202, answer.text


async def both_tokens(mailbox: Mailbox, new: str) -> tuple[str, str]:
    letters = {letter.to: token_in(letter) for letter in await mailbox.emptied()}
    return letters[ADA["email"]], letters[new]


@pytest.mark.parametrize("old_first", [True, False])
async def test_an_address_changes_when_both_letters_were_answered(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox, *, old_first: bool
) -> None:
    mine = await sign_in(client)
    await asked_to_move(mine, "Ada@Example.net")
    tokens = await both_tokens(mailbox, "ada@example.net")
    first, second = tokens if old_first else tokens[::-1]
    begun = (await post("email/confirm", token=first)).json()["data"]
    assert begun == {"email": "ada@example.net", "is_complete": False}
    assert (await mine.ask("GET", "/me")).json()["data"]["email"] == ADA["email"]
    assert (await post("email/confirm", token=second)).json()["data"]["is_complete"] is True
    assert (await mine.ask("GET", "/me")).json()["data"]["email"] == "ada@example.net"
    assert (await post("login", email="ada@example.net", password=PASSWORD)).status_code == 200
    assert (await post("login", email=ADA["email"], password=PASSWORD)).status_code == 401


async def test_both_letters_at_once_change_the_address_once(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    await asked_to_move(await sign_in(client), "ada@example.net")
    tokens = await both_tokens(mailbox, "ada@example.net")
    answers = await asyncio.gather(*(post("email/confirm", token=token) for token in tokens * 3))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 422, 422, 422, 422]
    async with engine.connect() as conn:
        changes = "select count(*) from outbox where name = 'user.email_changed'"
        assert (await conn.execute(text(changes))).scalar_one() == 1


async def test_of_two_letters_both_are_sent_or_none(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    """Whatever else is under way at the hour's edge."""
    mine = await sign_in(client)
    for _ in range(MOST_AN_HOUR):
        await asked_to_move(mine, "ada@example.net")
    await mailbox.emptied()
    older = "update tickets set created_at = created_at - interval '1 hour' where purpose = 'old_email'"
    async with engine.begin() as conn:
        await conn.execute(text(older))
    await asked_to_move(mine, "ada@example.net")
    assert await mailbox.emptied() == []


async def test_one_letter_is_not_enough_whatever_became_of_the_other(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    mine = await sign_in(client)
    await asked_to_move(mine, "ada@example.net")
    _, new = await both_tokens(mailbox, "ada@example.net")
    async with engine.begin() as conn:
        await conn.execute(text("delete from tickets where purpose = 'old_email'"))
    assert (await post("email/confirm", token=new)).json()["data"]["is_complete"] is False
    assert (await mine.ask("GET", "/me")).json()["data"]["email"] == ADA["email"]


async def test_an_address_that_somebody_else_took_meanwhile_stays_theirs(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox
) -> None:
    await asked_to_move(await sign_in(client), "bob@example.org")
    tokens = await both_tokens(mailbox, "bob@example.org")
    await client.post("/api/v1/auth/register", json=ADA | {"email": "bob@example.org"})
    await post("email/confirm", token=tokens[0])
    refused = await post("email/confirm", token=tokens[1])
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "email_taken")
    assert (await post("login", email=ADA["email"], password=PASSWORD)).status_code == 200


async def test_a_link_to_the_old_mailbox_dies_with_the_old_address(
    client: httpx.AsyncClient, post: Post, mailbox: Mailbox
) -> None:
    await post("password/forgotten", email=ADA["email"])
    reset = await mailbox.token()
    await asked_to_move(await sign_in(client), "ada@example.net")
    for token in await both_tokens(mailbox, "ada@example.net"):
        await post("email/confirm", token=token)
    assert (await post("password/reset", token=reset, new_password=NEW)).status_code == 422


@pytest.mark.usefixtures("post")
async def test_an_api_token_changes_neither_password_nor_address(client: httpx.AsyncClient) -> None:
    mine = await sign_in(client)
    made = await mine.ask("POST", "/me/api-tokens", {"name": "All", "scopes": ["account:write"]})
    mine.tokens["access_token"] = made.json()["data"]["token"]
    for path, body in (
        ("/me/password", {"current_password": PASSWORD, "new_password": NEW}),
        ("/me/email", {"email": "ada@example.net", "current_password": PASSWORD}),
    ):
        refused = await mine.ask("POST", path, body)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "session_needed")
