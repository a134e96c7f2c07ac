"""Guessing gets slower, its victim is not locked out, and every attempt is on record."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.mailbox import Mailbox, token_in
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.served import transport_to

from lms_adapters.memory.attempts import MemoryAttempts
from lms_adapters.security.passwords import BcryptPasswords
from lms_domain.identity.tickets import MOST_AN_HOUR
from lms_domain.kernel import Secret
from lms_domain.mailing import LetterKind
from lms_entrypoints.container import Container, close
from lms_entrypoints.services import Services
from lms_entrypoints.settings import DatabaseSettings, SecuritySettings, Settings

ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
RIGHT = {"email": ADA["email"], "password": PASSWORD}
WRONG = RIGHT | {"password": "wrong horse"}


@pytest.fixture(autouse=True)
def forgetful(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of the test before, and no machine is so slow that a wait is over."""
    attempts = container.attempts()
    assert isinstance(attempts, MemoryAttempts)
    attempts._counts.clear()
    monkeypatch.setattr(attempts, "_clock", lambda: 0.0)


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> dict[str, Any]:
    """What her first sign-in was answered."""
    assert (await client.post("/api/v1/auth/register", json=ADA)).status_code == 201
    return (await sign_in(client)).tokens


async def tried(client: httpx.AsyncClient, body: dict[str, Any]) -> httpx.Response:
    return await client.post("/api/v1/auth/login", json=body)


@pytest.mark.usefixtures("ada")
async def test_after_five_wrong_passwords_a_right_one_has_to_wait(client: httpx.AsyncClient) -> None:
    assert {(await tried(client, WRONG)).status_code for _ in range(5)} == {401}
    refused = await tried(client, RIGHT)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_attempts")
    assert refused.headers["retry-after"] == "1"


async def test_an_account_that_does_not_exist_is_counted_alike(client: httpx.AsyncClient) -> None:
    body = {"email": "nobody@example.org", "password": "guess"}
    assert [(await tried(client, body)).status_code for _ in range(6)] == [401] * 5 + [429]


async def test_who_was_here_before_is_not_held_up_by_strangers(client: httpx.AsyncClient, ada: dict[str, Any]) -> None:
    await asyncio.gather(*(tried(client, WRONG) for _ in range(20)))
    assert (await tried(client, RIGHT)).status_code == 429
    mine = await tried(client, RIGHT | {"device_token": ada["device_token"]})
    assert mine.status_code == 200
    assert mine.json()["data"]["device_token"] == ada["device_token"]
    assert (await tried(client, RIGHT)).status_code == 429


async def test_a_device_token_is_counted_for_itself_and_opens_nothing(
    client: httpx.AsyncClient, ada: dict[str, Any]
) -> None:
    body = WRONG | {"device_token": ada["device_token"]}
    assert [(await tried(client, body)).status_code for _ in range(11)] == [401] * 10 + [429]
    assert (await tried(client, RIGHT)).status_code == 200


async def test_a_device_token_of_somebody_else_is_a_strangers(client: httpx.AsyncClient, ada: dict[str, Any]) -> None:
    bob = {"email": "bob@example.org", "password": PASSWORD}
    await client.post("/api/v1/auth/register", json=bob | {"full_name": "Bob"})
    tokens = [ada["device_token"], "nonsense", "", "A" * 64]
    wrong = [bob | {"password": "wrong", "device_token": tokens[n % 4]} for n in range(6)]
    assert [(await tried(client, body)).status_code for body in wrong] == [401] * 5 + [429]


@pytest.mark.usefixtures("ada")
async def test_many_right_sign_ins_at_once_all_succeed(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(tried(client, RIGHT) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_every_attempt_is_on_record_also_the_refused(
    client: httpx.AsyncClient, ada: dict[str, Any], engine: AsyncEngine
) -> None:
    for _ in range(6):
        await tried(client, WRONG)
    await tried(client, {"email": "nobody@example.org", "password": "guess"})
    headers = {"authorization": f"Bearer {ada['access_token']}"}
    shown = (await client.get("/api/v1/me/sign-ins", headers=headers)).json()
    assert [line["outcome"] for line in shown["data"]] == ["locked"] + ["wrong_password"] * 5 + ["succeeded"]
    assert shown["meta"]["total"] == 7
    assert shown["data"][-1]["device"] == "Firefox on Linux"
    async with engine.connect() as conn:
        row = (await conn.execute(text("select * from sign_ins where user_id is null"))).one()
    assert row.outcome == "unknown_account"
    assert "nobody@" not in str(row)


async def test_of_a_flood_that_nobody_has_time_for_some_are_on_record(
    client: httpx.AsyncClient,
    ada: dict[str, Any],
    services: Services,
    engine: AsyncEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as flood:
        flood.setattr(services.accounts._passwords._common, "size", 0)  # type: ignore[attr-defined]
        nobody = {"email": "nobody@example.org", "password": "guess"}
        answers = [await tried(client, body) for body in (RIGHT, nobody) for _ in range(14)]
    assert {answer.status_code for answer in answers} == {503}
    async with engine.connect() as conn:
        query = "select user_id is null, count(*) from sign_ins where outcome = 'turned_away' group by 1 order by 1"
        assert [tuple(row) for row in await conn.execute(text(query))] == [(False, 10), (True, 10)]
    assert await Signed(client, ada).is_in()


async def test_a_password_that_is_too_long_is_on_record_and_counted(
    client: httpx.AsyncClient, ada: dict[str, Any]
) -> None:
    long = RIGHT | {"password": "x" * 2000}
    assert [(await tried(client, long)).status_code for _ in range(6)] == [401] * 5 + [429]
    shown = (await Signed(client, ada).ask("GET", "/me/sign-ins")).json()["data"]
    assert [line["outcome"] for line in shown] == ["locked"] + ["wrong_password"] * 5 + ["succeeded"]


@pytest.mark.usefixtures("ada")
async def test_a_hash_of_another_cost_is_made_anew_at_the_next_sign_in(
    client: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    async def kept() -> str:
        async with engine.connect() as conn:
            return str((await conn.execute(text("select password_hash from credentials"))).scalar_one())

    before = await kept()
    assert (await tried(client, RIGHT)).status_code == 200
    assert await kept() == before  # at today's cost already
    dearer = await BcryptPasswords(rounds=5).hash(Secret(PASSWORD))
    async with engine.begin() as conn:
        await conn.execute(text("update credentials set password_hash = :hash"), {"hash": dearer.reveal()})
    assert (await tried(client, WRONG)).status_code == 401
    assert (await kept()).startswith("$2b$05$")
    assert (await tried(client, RIGHT)).status_code == 200
    assert (await kept()).startswith("$2b$04$")
    assert (await tried(client, RIGHT)).status_code == 200


async def test_letters_about_an_account_that_there_is_do_not_flood_its_owner(
    strict: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    for _ in range(MOST_AN_HOUR + 4):
        assert (await strict.post("/api/v1/auth/register", json=ADA)).status_code == 201
    kinds = [letter.kind for letter in await mailbox.emptied()]
    assert kinds.count(LetterKind.REGISTRATION_REPEATED) == MOST_AN_HOUR


@pytest.fixture
async def strict(database_url: str, engine: AsyncEngine) -> AsyncIterator[httpx.AsyncClient]:
    """Where an address has to be proved first."""
    security = SecuritySettings(bcrypt_rounds=CHEAP.bcrypt_rounds, verified_email_only=True)
    database = DatabaseSettings(url=database_url, pool_size=3)
    container = Container(settings=Settings(environment="test", database=database, security=security))
    services = container.services()
    transport = transport_to(services)
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
        yield client
    await close(container)


async def test_where_addresses_have_to_be_proved_nobody_signs_in_before(
    strict: httpx.AsyncClient, engine: AsyncEngine, mailbox: Mailbox
) -> None:
    assert (await strict.post("/api/v1/auth/register", json=ADA)).status_code == 201
    await mailbox.emptied()
    assert (await tried(strict, RIGHT)).status_code == 401
    async with engine.connect() as conn:
        assert (await conn.execute(text("select outcome from sign_ins"))).scalars().all() == ["email_not_verified"]
    token = await mailbox.token()  # whoever lost the first letter gets another
    assert (
        await strict.post("/api/v1/auth/email/verify", json={"token": token, "password": PASSWORD})
    ).status_code == 204
    assert (await tried(strict, RIGHT)).status_code == 200


async def test_who_registered_first_is_not_let_in_by_the_owner_of_the_address(
    strict: httpx.AsyncClient, engine: AsyncEngine, mailbox: Mailbox
) -> None:
    """The letter may be opened by who thinks that it is about their own registration."""
    eve = {"email": ADA["email"], "password": "eve knows a horse"}
    assert (await strict.post("/api/v1/auth/register", json=eve | {"full_name": "Eve"})).status_code == 201
    assert (await strict.post("/api/v1/auth/register", json=ADA)).status_code == 201
    token = token_in(next(letter for letter in await mailbox.emptied() if letter.kind is LetterKind.VERIFICATION))
    proof = {"token": token, "password": PASSWORD}
    for _ in range(2):
        refused = await strict.post("/api/v1/auth/email/verify", json=proof)
        assert refused.json()["error"]["code"] == "not_registered_by_you"
        assert [each["field"] for each in refused.json()["error"]["details"]["problems"]] == ["password"]
    assert (await tried(strict, eve)).status_code == 401
    await mailbox.emptied()
    assert (await strict.post("/api/v1/auth/password/forgotten", json={"email": ADA["email"]})).status_code == 202
    chosen = {"token": await mailbox.token(), "new_password": PASSWORD}
    assert (await strict.post("/api/v1/auth/password/reset", json=chosen)).status_code == 204
    assert (await tried(strict, eve)).status_code == 401
    assert (await tried(strict, RIGHT)).status_code == 200
    # And with who guesses behind the link it goes as with who guesses at a sign-in.
    statuses = [
        (await strict.post("/api/v1/auth/email/verify", json=proof | {"password": "x"})).status_code for _ in range(6)
    ]
    assert statuses[-1] == 429


async def test_a_password_that_changes_while_it_is_looked_at_proves_nothing(
    strict: httpx.AsyncClient, engine: AsyncEngine, mailbox: Mailbox
) -> None:
    assert (await strict.post("/api/v1/auth/register", json=ADA)).status_code == 201
    proof = {"token": await mailbox.token(), "password": PASSWORD}
    async with engine.begin() as conn:
        await conn.execute(text("select from users for update"))
        asked = asyncio.create_task(strict.post("/api/v1/auth/email/verify", json=proof))
        await asyncio.sleep(0.5)
        await conn.execute(text("update credentials set changed_at = now()"))
        assert not asked.done()
    assert (await asked).json()["error"]["code"] == "not_registered_by_you"
    async with engine.connect() as conn:
        assert (await conn.execute(text("select email_verified_at from users"))).scalars().all() == [None]


async def test_who_registers_with_an_address_does_not_learn_by_signing_in_whether_it_had_an_account(
    strict: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    """Neither by the words nor by what is counted."""
    assert (await strict.post("/api/v1/auth/register", json=ADA)).status_code == 201
    async with engine.begin() as conn:
        await conn.execute(text("update users set email_verified_at = now()"))
    shown = []
    for email in (ADA["email"], "new@example.org"):
        mine = {"email": email, "password": "eve knows a horse"}
        assert (await strict.post("/api/v1/auth/register", json=mine | {"full_name": "Eve"})).status_code == 201
        shown.append([(answer.status_code, answer.json()) for answer in [await tried(strict, mine) for _ in range(6)]])
    assert shown[0] == shown[1]
    assert [status for status, _ in shown[0]] == [401] * 5 + [429]
    assert "proved" in shown[0][0][1]["message"]


async def test_where_addresses_have_to_be_proved_registering_tells_nobody_of_an_account(
    strict: httpx.AsyncClient, engine: AsyncEngine
) -> None:
    first = await strict.post("/api/v1/auth/register", json=ADA)
    again = await strict.post("/api/v1/auth/register", json=ADA | {"full_name": "Eve", "password": "eve knows a horse"})
    assert [each.status_code for each in (first, again)] == [201, 201]
    for answer, name in ((first, "Ada"), (again, "Eve")):
        assert answer.json()["data"] == {"email": ADA["email"], "full_name": name, "verified_only": True}
    async with engine.begin() as conn:
        assert (await conn.execute(text("select full_name from users"))).scalars().all() == ["Ada"]
        told = (
            "select email from users join outbox on aggregate_id = users.id where name = 'user.registration_repeated'"
        )
        assert (await conn.execute(text(told))).scalars().all() == [ADA["email"]]
        await conn.execute(text("update users set email_verified_at = now()"))
    assert (await tried(strict, RIGHT)).status_code == 200
    assert (await tried(strict, RIGHT | {"password": "eve knows a horse"})).status_code == 401
