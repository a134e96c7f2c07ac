"""The audit trail on PostgreSQL: with the effect or not at all, in one chain, without a secret."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Person, School

from lms_domain.audit import queries
from lms_domain.audit.model import NOWHERE, Entry
from lms_domain.identity.use_cases import register
from lms_domain.kernel import Secret
from lms_domain.ports import AllPorts
from lms_entrypoints.cli.audit import verified
from lms_entrypoints.origins import current_origin
from lms_entrypoints.services import Services

Since = Callable[[], Awaitable[list[Entry]]]


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def since(services: Services) -> AsyncIterator[Since]:
    """The entries that a test has made. Others stay: the trail only grows. After each test it is whole."""
    start = (await services.ask(queries.tip)).head.seq

    async def entries() -> list[Entry]:
        return [link.entry for link in await services.ask(queries.links, start, 1000)]

    yield entries
    assert "is whole" in await verified(services)


async def sign_up(ports: AllPorts, name: str, *, fails: bool = False) -> None:
    await register(ports, email=f"{name}@example.org", full_name=name, password_hash=Secret("secret-hash"))
    if fails:
        raise ZeroDivisionError


async def test_what_is_rolled_back_leaves_no_entry(services: Services, since: Since) -> None:
    await services.run(sign_up, "ben")
    with pytest.raises(ZeroDivisionError):
        await services.run(sign_up, "ada", fails=True)
    assert len(await since()) == 1


async def test_transactions_at_once_make_one_unbroken_chain(services: Services, since: Since) -> None:
    tasks = [services.run(sign_up, f"u{n}", fails=n % 5 == 0) for n in range(40)]
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert sum(isinstance(answer, ZeroDivisionError) for answer in answers) == 8
    made = await since()
    assert [entry.action for entry in made] == ["user.registered"] * 32
    assert len({entry.target_id for entry in made}) == 32


async def test_an_entry_of_a_course_names_its_organization(school: School, since: Since) -> None:
    teacher = await school.learner()
    id = await school.organization(instructor=teacher)
    course = await teacher.json("POST", "/courses", {"title": "Bees", "organization_id": str(id)})
    settings = {"price": {"amount": 900, "currency": "EUR"}, "visibility": "members"}
    await teacher.json("PATCH", f"/courses/{course['id']}", settings)
    made = (await since())[-2:]
    assert [(entry.action, entry.organization_id, str(entry.course_id)) for entry in made] == [
        ("course.created", id, course["id"]),
        ("course.settings_changed", id, course["id"]),
    ]
    assert made[1].before == '{"price":null,"visibility":"public"}'
    assert made[1].after == '{"price":{"amount":900,"currency":"EUR"},"visibility":"members"}'


async def test_what_learners_do_all_day_costs_no_statement_more(
    school: School, since: Since, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    root = await school.admin()
    with count_queries() as statements:
        await root.json("PATCH", "/me", {"bio": "Hello"})
    assert sum("audit_" in statement for statement in statements) == 2  # the lock, and the entries
    with count_queries() as statements:
        await root.json("GET", "/me")
    assert not any("audit_" in statement for statement in statements)


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entries set action = 'nothing'",
        "delete from audit_entries",
        "truncate audit_entries",
        "delete from audit_head",
        "truncate audit_head",
        "update audit_head set hash = hash",
        "set local session_replication_role = replica; delete from audit_entries",
    ],
)
async def test_even_a_superuser_is_refused(engine: AsyncEngine, services: Services, since: Since, change: str) -> None:
    await services.run(sign_up, "ada")
    async with engine.begin() as conn:
        *before, refused = change.split(";")
        for statement in before:
            await conn.execute(text(statement))
        with pytest.raises(DBAPIError, match="only ever added to"):
            await conn.execute(text(refused))
        await conn.rollback()


async def test_no_secret_and_no_name_is_in_any_entry(
    client: httpx.AsyncClient, school: School, engine: AsyncEngine, since: Since
) -> None:
    email, password = "marked@example.org", "a marked secret phrase"
    me = {"email": email, "password": password}
    await client.post("/api/v1/auth/register", json=me | {"full_name": "Marked Name"})
    signed = (await client.post("/api/v1/auth/login", json=me)).json()["data"]
    renewed = await client.post("/api/v1/auth/refresh", json={"refresh_token": signed["refresh_token"]})
    headers = {"Authorization": f"Bearer {signed['access_token']}"}
    id = (await client.get("/api/v1/me", headers=headers)).json()["data"]["id"]
    await client.patch("/api/v1/me", json={"full_name": "Marked Again", "bio": "Marked Bio"}, headers=headers)
    body = {"name": "Marked Token", "scopes": ["account:read"]}
    made = (await client.post("/api/v1/me/api-tokens", json=body, headers=headers)).json()["data"]
    root = await school.admin()
    await root.json("PATCH", f"/users/{id}", {"is_active": False})
    assert [entry.action for entry in await since()] == [
        "user.registered",
        "session.opened",
        "user.changed",
        "api_token.created",
        "user.changed",
        "session.ended",
        "api_token.revoked",
    ]
    async with engine.connect() as conn:
        hashed = (await conn.execute(text("select password_hash from credentials"))).scalars().first()
        rows = await conn.execute(text("select e::text from audit_entries e order by seq desc limit 7"))
        told = " ".join(rows.scalars()).casefold()
    tokens = [signed["access_token"], signed["refresh_token"], renewed.json()["data"]["refresh_token"], made["token"]]
    for secret in (email, password, "marked", str(hashed), *tokens, made["api_token"]["prefix"]):
        assert secret.casefold() not in told


async def test_a_refresh_token_that_comes_again_is_told_although_it_is_refused(
    client: httpx.AsyncClient, engine: AsyncEngine, since: Since
) -> None:
    me = {"email": "ada@example.org", "password": "correct horse battery"}
    await client.post("/api/v1/auth/register", json=me | {"full_name": "Ada"})
    signed = (await client.post("/api/v1/auth/login", json=me)).json()["data"]
    first = {"refresh_token": signed["refresh_token"]}
    await client.post("/api/v1/auth/refresh", json=first)
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set rotated_at = rotated_at - interval '1 hour'"))
    assert (await client.post("/api/v1/auth/refresh", json=first)).status_code == 401
    last = (await since())[-1]
    assert (last.action, json.loads(last.after)["because"]) == ("session.ended", "refresh_token_reused")
    assert (last.actor_id, last.ip) == (None, "127.0.0.1")


async def test_requests_at_once_are_not_mixed_up(school: School, since: Since) -> None:
    people = [await school.learner() for _ in range(8)]

    async def change(person: Person, n: int) -> None:
        headers = {"X-Request-ID": f"request-of-{person.id}"}
        await person.json("PATCH", "/me", {"timezone": "Europe/Berlin" if n % 2 else "Asia/Tokyo"}, headers=headers)

    await asyncio.gather(*(change(person, n) for n, person in enumerate(people)))
    made = await since()
    assert {(entry.actor_id, entry.target_id, entry.request_id) for entry in made} == {
        (person.id, person.id, f"request-of-{person.id}") for person in people
    }
    assert current_origin() == NOWHERE


async def test_what_a_request_sent_twice_did_is_told_once(school: School, since: Since) -> None:
    root = await school.admin()
    for _ in range(2):
        await root.json("POST", "/organizations", {"name": "Bees"}, headers={"Idempotency-Key": "once"})
    assert [entry.action for entry in await since()] == ["organization.created"]
