"""Requests that are under way when somebody is erased, and answers that were kept before."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import an_hour_later, handed_on
from tests.integration.http.hesitation import Hesitation
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import School, a_published_course

from lms_domain.courses.reviews import ReviewId
from lms_domain.courses.use_cases.reviewing import change_review
from lms_domain.identity.erasure import IN_FLIGHT
from lms_domain.identity.use_cases import erase_as_asked
from lms_domain.kernel import Actor, UserId
from lms_entrypoints.cli.audit import verified
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services

API = "/api/v1"
ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada Lovelace"}
MINE = {"current_password": PASSWORD}
WHILE = 0.3  # seconds that who has to wait is looked at
THEIRS = """
    select (select count(*) from sign_ins where user_id = :id),
        (select count(*) from idempotency_keys where starts_with(scope, cast(:id as text)) or :id = any(people)),
        (select count(*) from audit_details d join audit_entries e using (seq)
            where cast(:id as uuid) in (e.actor_id, e.target_id) and (d.ip is not null or d.request_id is not null)),
        (select count(*) from reviews where learner_id = :id and body <> '')
"""


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


async def left_of(engine: AsyncEngine, user_id: str) -> tuple[int, ...]:
    """Attempts to sign in, kept answers, details of the audit trail, reviews with a text."""
    async with engine.connect() as conn:
        return tuple((await conn.execute(text(THEIRS), {"id": UUID(user_id)})).one())


async def a_reviewer(client: httpx.AsyncClient, course: Any, body: str, number: int = 0) -> tuple[Signed, str, str]:
    """With the ids of who they are and of what they wrote."""
    account = ADA | {"email": f"ada{number}@example.org"}
    await client.post(f"{API}/auth/register", json=account)
    me = await sign_in(client, account["email"])
    id = (await me.ask("GET", "/me")).json()["data"]["id"]
    enrollment = (await me.ask("POST", f"/courses/{course.id}/enrollments")).json()["data"]["id"]
    await me.ask("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[0]}/progress", {"viewed": True})
    review = (await me.ask("POST", f"/courses/{course.id}/reviews", {"rating": 5, "body": body})).json()["data"]
    return me, id, review["id"]


@pytest.mark.parametrize("body", ["Buzz", ""])
async def test_a_review_that_is_changed_while_its_author_is_erased_is_refused(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, services: Services, body: str
) -> None:
    me, id, review = await a_reviewer(client, await a_published_course(await school.teacher()), body)
    async with services.database.begin() as ports:
        await erase_as_asked(ports, UserId(UUID(id)), by=UserId(UUID(id)))
        changing = asyncio.create_task(me.ask("PATCH", f"/reviews/{review}", {"body": "Buzz again"}))
        assert not (await asyncio.wait([changing], timeout=WHILE))[0]
    answer = await changing
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_enrolled")
    assert (await left_of(engine, id))[3] == 0


@pytest.mark.parametrize("body", ["Buzz", ""])
async def test_who_is_erased_while_their_review_is_changed_leaves_none(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, services: Services, body: str
) -> None:
    me, id, review = await a_reviewer(client, await a_published_course(await school.teacher()), body)
    async with services.database.begin() as ports:
        await change_review(ports, Actor(id=UserId(UUID(id))), ReviewId(UUID(review)), {"body": "Buzz again"})
        erasing = asyncio.create_task(me.ask("POST", "/me/erase", MINE))
        assert not (await asyncio.wait([erasing], timeout=WHILE))[0]
    assert (await erasing).status_code == 200
    assert (await left_of(engine, id))[3] == 0


async def test_no_review_is_left_by_who_writes_while_they_are_erased(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School, background: Background, services: Services
) -> None:
    course = await a_published_course(await school.teacher())
    gone = []
    for number in range(8):
        me, id, review = await a_reviewer(client, course, "Buzz" if number % 2 else "", number)
        keyed = {"authorization": f"Bearer {me.tokens['access_token']}", "Idempotency-Key": "once"}
        wrong = {"email": f"ada{number}@example.org", "password": "not this one"}
        answers = await asyncio.gather(
            me.ask("PATCH", f"/reviews/{review}", {"body": "Buzz again"}),
            client.post(f"{API}/me/erase", json=MINE, headers=keyed),
            client.post(f"{API}/me/api-tokens", json={"name": "x", "scopes": ["jobs:read"]}, headers=keyed),
            client.post(f"{API}/auth/login", json=wrong),
            client.post(f"{API}/auth/login", json=wrong | {"password": PASSWORD}),
        )
        if answers[1].status_code != 200:  # its key was the other's
            assert (await me.ask("POST", "/me/erase", MINE)).status_code == 200
        assert (await left_of(engine, id))[3] == 0
        gone.append(id)
    await an_hour_later(engine, background)
    assert [await left_of(engine, id) for id in gone] == [(0, 0, 0, 0)] * len(gone)
    assert (await verified(services)).startswith("The audit trail is whole")


async def test_who_tries_to_sign_in_while_they_are_erased_is_forgotten_an_hour_later(
    client: httpx.AsyncClient, engine: AsyncEngine, ada: str, background: Background, hesitation: Hesitation
) -> None:
    hesitation.found.set()  # signing in the first time is not what is looked at
    me = await sign_in(client)
    hesitation.found.clear()

    async def erase() -> None:
        answer = await me.ask("POST", "/me/erase", MINE)
        assert answer.status_code == 200, answer.text

    late = await hesitation.meanwhile(client, erase)
    assert late.status_code == 401
    assert (await left_of(engine, ada))[0] == 1
    await background.drain()
    assert (await left_of(engine, ada))[0] == 1
    await an_hour_later(engine, background)
    assert await left_of(engine, ada) == (0, 0, 0, 0)


async def test_the_second_pass_waits_for_an_hour_and_is_made_once(
    engine: AsyncEngine, school: School, background: Background, services: Services
) -> None:
    admin, who = await school.admin(), await school.learner()
    receipt = await admin.json("POST", f"/users/{who.id}/erase")
    await background.drain()
    wait = text("select due_at - planned_at from tasks where reaction = 'erase_again' and state = 'waiting'")
    done = text("select count(*) from audit_entries where action = 'user.erasure_completed' and target_id = :id")
    async with engine.begin() as conn:
        assert (await conn.execute(wait)).scalars().all() == [IN_FLIGHT]
        await conn.execute(text("update tasks set due_at = now() where state = 'waiting'"))
    [task] = [each for each in await handed_on(services.run) if each.reaction == "erase_again"]
    await asyncio.gather(*(background._inline.send([task] * 4) for _ in range(2)))
    await background._inline.settled()
    async with engine.connect() as conn:
        assert (await conn.execute(done, {"id": who.id})).scalar_one() == 1
    assert await admin.json("POST", f"/users/{who.id}/erase") == receipt


async def test_answers_that_hold_who_was_erased_are_not_told_again(
    client: httpx.AsyncClient, engine: AsyncEngine, school: School
) -> None:
    key = {"Idempotency-Key": "once"}
    admin, bea = await school.admin(), {"email": "bea@example.org", "full_name": "Bea Arthur"}
    invited = bea | {"roles": ["student"]}

    async def asked() -> list[str | None]:
        """Whether each was told what it was told before."""
        answers = [
            await client.post(f"{API}/auth/register", json=ADA, headers=key),
            await admin.ask("POST", "/users", invited, headers=key),
        ]
        assert [answer.status_code for answer in answers] == [201, 201]
        return [answer.headers.get("idempotency-replayed") for answer in answers]

    assert [await asked(), await asked()] == [[None, None], ["true", "true"]]
    async with engine.connect() as conn:
        found = text("select id::text from users where email in (:ada, :bea)")
        ids = (await conn.execute(found, {"ada": ADA["email"], "bea": bea["email"]})).scalars().all()
    assert [(await left_of(engine, id))[1] for id in ids] == [1, 1]
    for id in ids:
        await admin.json("POST", f"/users/{id}/erase")
    assert [(await left_of(engine, id))[1] for id in ids] == [0, 0]
    assert await asked() == [None, None]  # and somebody else has the address


async def test_nor_are_those_that_tell_an_address_of_who_is_not_signed_in(
    client: httpx.AsyncClient, engine: AsyncEngine, ada: str, mailbox: Mailbox
) -> None:
    me = await sign_in(client)
    await mailbox.emptied()
    assert (await me.ask("POST", "/me/email", MINE | {"email": "ada@example.net"})).is_success
    body = {"token": await mailbox.token()}
    told = await client.post(f"{API}/auth/email/confirm", json=body, headers={"Idempotency-Key": "once"})
    assert told.json()["data"] == {"email": "ada@example.net", "is_complete": False}
    assert (await left_of(engine, ada))[1] == 1
    assert (await me.ask("POST", "/me/erase", MINE)).is_success
    assert (await left_of(engine, ada))[1] == 0
