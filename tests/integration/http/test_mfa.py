"""A second factor: turned on, asked for, used once, proved again, lost."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import School
from tests.integration.served import transport_to

from lms_adapters.memory.attempts import MemoryAttempts
from lms_domain.identity import use_cases
from lms_domain.identity.model import Role
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_entrypoints.container import Container
from lms_entrypoints.services import Services

ADA = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
RIGHT = {"email": ADA["email"], "password": PASSWORD}
Code = Callable[[], Awaitable[str]]


class Ada:
    """With an authenticator app."""

    def __init__(self, client: httpx.AsyncClient, engine: AsyncEngine, signed: Signed) -> None:
        self.client, self._engine, self.signed = client, engine, signed
        self.app: TOTP | None = None
        self.recovery_codes: list[str] = []

    async def turned_on(self) -> None:
        made = (await self.signed.ask("POST", "/me/mfa/totp", {"current_password": PASSWORD})).json()["data"]
        self.app = TOTP(made["secret"])
        on = await self.signed.ask("POST", "/me/mfa/totp/confirm", {"code": await self.code()})
        assert on.status_code == 200, on.text
        self.recovery_codes = on.json()["data"]["recovery_codes"]

    async def code(self) -> str:
        """As if half a minute had passed since the last."""
        assert self.app
        async with self._engine.begin() as conn:
            await conn.execute(text("update totps set last_step = null"))
        return self.app.now()

    async def challenge(self) -> str:
        answer = (await self.client.post("/api/v1/auth/login", json=RIGHT)).json()["data"]
        assert set(answer) == {"mfa_required", "challenge_token", "expires_in", "methods", "setup"}
        return str(answer["challenge_token"])

    async def second(self, challenge: str, code: str, **more: Any) -> httpx.Response:
        body = {"challenge_token": challenge, "code": code} | more
        return await self.client.post("/api/v1/auth/mfa", json=body)


@pytest.fixture
async def plain(
    client: httpx.AsyncClient, engine: AsyncEngine, container: Container, monkeypatch: pytest.MonkeyPatch
) -> Ada:
    """Without a second factor. No machine is so slow that a wait for another try is over."""
    attempts = container.attempts()
    assert isinstance(attempts, MemoryAttempts)
    attempts._counts.clear()
    monkeypatch.setattr(attempts, "_clock", lambda: 0.0)
    assert (await client.post("/api/v1/auth/register", json=ADA)).status_code == 201
    return Ada(client, engine, await sign_in(client))


@pytest.fixture
async def ada(plain: Ada) -> Ada:
    await plain.turned_on()
    return plain


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_an_app_is_set_up_by_uri_and_picture_and_on_after_a_code(plain: Ada) -> None:
    wrong = await plain.signed.ask("POST", "/me/mfa/totp", {"current_password": "wrong"})
    assert [p["field"] for p in wrong.json()["error"]["details"]["problems"]] == ["current_password"]
    made = (await plain.signed.ask("POST", "/me/mfa/totp", {"current_password": PASSWORD})).json()["data"]
    assert made["otpauth_uri"] == f"otpauth://totp/LMS%3Aada%40example.org?secret={made['secret']}&issuer=LMS"
    assert made["qr_svg"].startswith("<svg")
    assert (await plain.client.post("/api/v1/auth/login", json=RIGHT)).json()["data"]["access_token"]  # not on yet
    refused = await plain.signed.ask("POST", "/me/mfa/totp/confirm", {"code": "000000"})
    assert code_of(refused) == (422, "wrong_code")
    await plain.turned_on()
    assert len(set(plain.recovery_codes)) == 10
    state = (await plain.signed.ask("GET", "/me/mfa")).json()["data"]
    assert (state["totp"], state["recovery_codes_left"]) == (True, 10)
    again = await plain.signed.ask("POST", "/me/mfa/totp", {"current_password": PASSWORD})
    assert code_of(again) == (409, "mfa_already_on")


async def test_signing_in_takes_two_steps(ada: Ada) -> None:
    challenge = await ada.challenge()
    opened = await ada.second(challenge, await ada.code())
    assert opened.status_code == 200
    assert await Signed(ada.client, opened.json()["data"]).is_in()
    assert code_of(await ada.second(challenge, await ada.code())) == (401, "challenge_not_good")


async def test_a_challenge_is_no_access_token_and_a_wrong_password_gets_none(ada: Ada) -> None:
    headers = {"authorization": f"Bearer {await ada.challenge()}"}
    assert (await ada.client.get("/api/v1/me", headers=headers)).status_code == 401
    wrong = await ada.client.post("/api/v1/auth/login", json=RIGHT | {"password": "wrong horse"})
    assert code_of(wrong) == (401, "wrong_credentials")


async def test_a_code_is_taken_once_however_many_bring_it(ada: Ada) -> None:
    code, challenges = await ada.code(), [await ada.challenge() for _ in range(6)]
    answers = await asyncio.gather(*(ada.second(challenge, code) for challenge in challenges))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5


async def test_a_challenge_opens_one_session_however_often_it_is_answered(ada: Ada, engine: AsyncEngine) -> None:
    challenge, code = await ada.challenge(), await ada.code()
    answers = await asyncio.gather(*(ada.second(challenge, code) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 5
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from sessions"))).scalar_one() == 2  # the first, and this one


async def test_a_recovery_code_is_good_once(ada: Ada) -> None:
    [code, other] = ada.recovery_codes[:2]
    challenges = [await ada.challenge() for _ in range(5)]
    answers = await asyncio.gather(*(ada.second(challenge, code.lower()) for challenge in challenges))
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 4
    assert (await ada.second(await ada.challenge(), other.replace("-", ""))).status_code == 200
    assert (await ada.signed.ask("GET", "/me/mfa")).json()["data"]["recovery_codes_left"] == 8


async def test_codes_are_not_guessed(ada: Ada) -> None:
    challenge = await ada.challenge()
    statuses = [(await ada.second(challenge, f"{n:06}")).status_code for n in range(6)]
    assert statuses == [422] * 5 + [429]
    locked = await ada.second(await ada.challenge(), await ada.code())
    assert locked.status_code == 429
    assert locked.json()["message"].startswith("Too many wrong codes or passkeys; try again in ")
    shown = (await ada.signed.ask("GET", "/me/sign-ins")).json()["data"]
    assert [line["outcome"] for line in shown[:3]] == ["locked", "locked", "wrong_code"]


async def test_who_knows_the_password_holds_up_neither_a_known_device_nor_who_is_signed_in(ada: Ada) -> None:
    known = {"device_token": ada.signed.tokens["device_token"]}
    thief = await ada.challenge()
    assert [(await ada.second(thief, "000000")).status_code for _ in range(6)] == [422] * 5 + [429]
    assert (await ada.signed.ask("POST", "/me/step-up", {"code": await ada.code()})).status_code == 204
    opened = await ada.second(await ada.challenge(), await ada.code(), **known)
    assert opened.status_code == 200
    assert opened.json()["data"]["device_token"] == known["device_token"]
    assert (await ada.second(thief, "000000")).status_code == 429  # as before


async def test_a_known_device_and_a_session_are_counted_for_themselves(ada: Ada) -> None:
    known = {"device_token": ada.signed.tokens["device_token"]}
    other = Signed(ada.client, (await ada.second(await ada.challenge(), await ada.code())).json()["data"])
    challenge = await ada.challenge()
    guesses = [await ada.second(challenge, "000000", **known) for _ in range(6)]
    assert [guess.status_code for guess in guesses] == [422] * 5 + [429]
    guesses = [await ada.signed.ask("POST", "/me/step-up", {"code": "000000"}) for _ in range(6)]
    assert [guess.status_code for guess in guesses] == [422] * 5 + [429]
    assert (await other.ask("POST", "/me/step-up", {"code": await ada.code()})).status_code == 204
    assert (await ada.second(challenge, await ada.code())).status_code == 200


@pytest.mark.parametrize("code", ["é23456", "\uff11\uff12\uff13\uff14\uff15\uff16", "१२३४५६", "12345", "1234567"])
async def test_what_is_no_six_digits_is_a_wrong_code(plain: Ada, code: str) -> None:
    await plain.signed.ask("POST", "/me/mfa/totp", {"current_password": PASSWORD})
    refused = await plain.signed.ask("POST", "/me/mfa/totp/confirm", {"code": code})
    assert code_of(refused) == (422, "wrong_code")
    await plain.turned_on()
    assert code_of(await plain.second(await plain.challenge(), code)) == (422, "wrong_code")


async def test_a_challenge_ends_with_its_time(ada: Ada, engine: AsyncEngine) -> None:
    challenge = await ada.challenge()
    async with engine.begin() as conn:
        await conn.execute(text("update mfa_challenges set expires_at = now()"))
    assert code_of(await ada.second(challenge, await ada.code())) == (401, "challenge_not_good")


async def test_a_repeated_second_step_is_answered_alike(ada: Ada) -> None:
    body = {"challenge_token": await ada.challenge(), "code": await ada.code()}
    headers = {"Idempotency-Key": "once"}
    first, again = [await ada.client.post("/api/v1/auth/mfa", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.content) == (200, first.content)


async def test_it_is_not_told_again_to_who_would_be_refused(ada: Ada, engine: AsyncEngine, services: Services) -> None:
    """From a network that staff do not work from, with the key and all that the answer was given for."""
    root, me = await School(engine, services).admin(), (await ada.signed.ask("GET", "/me")).json()["data"]
    assert await services.run(use_cases.set_roles, ADA["email"], [Role.ADMIN])
    await ada.signed.refresh()
    await root.json("PUT", f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy", {"staff_networks": ["127.0.0.1/32"]})
    body = {"challenge_token": await ada.challenge(), "code": await ada.code()}
    headers = {"Idempotency-Key": "once", "authorization": f"Bearer {ada.signed.tokens['access_token']}"}
    away = httpx.AsyncClient(transport=transport_to(services, client=("203.0.113.7", 4711)), base_url="http://lms.test")
    async with away:
        statuses = [
            (await client.post("/api/v1/auth/mfa", json=body, headers=headers)).status_code
            for client in (ada.client, away, ada.client)
        ]
    assert statuses == [200, 403, 200]
    attempts = await root.json("GET", f"/users/{me['id']}/sign-ins")
    assert [each["outcome"] for each in attempts[:2]] == ["network_refused", "succeeded"]


async def test_an_answer_given_again_forgets_no_wrong_code(ada: Ada) -> None:
    body = {"challenge_token": await ada.challenge(), "code": await ada.code()}
    headers = {"Idempotency-Key": "again and again"}
    assert (await ada.client.post("/api/v1/auth/mfa", json=body, headers=headers)).status_code == 200
    challenge, statuses = await ada.challenge(), []
    for n in range(6):
        statuses.append((await ada.second(challenge, f"{n:06}")).status_code)
        again = await ada.client.post("/api/v1/auth/mfa", json=body, headers=headers)
    assert statuses == [422] * 5 + [429]
    assert again.status_code == 429


SENSITIVE: list[tuple[str, str, Any]] = [
    ("POST", "/me/api-tokens", {"name": "All", "scopes": ["account:read"]}),
    ("POST", "/me/email", {"email": "ada@example.net", "current_password": PASSWORD}),
    ("POST", "/me/mfa/recovery-codes", None),
    ("DELETE", "/me/mfa", None),
]


@pytest.mark.parametrize(("method", "path", "body"), SENSITIVE)
async def test_what_would_hurt_most_wants_the_second_factor_just_now(
    ada: Ada, engine: AsyncEngine, method: str, path: str, body: Any
) -> None:
    async with engine.begin() as conn:
        past = {"past": timedelta(minutes=11)}
        await conn.execute(text("update sessions set second_factor_at = second_factor_at - :past"), past)
    refused = await ada.signed.ask(method, path, body)
    assert code_of(refused) == (403, "step_up_required")
    assert code_of(await ada.signed.ask("POST", "/me/step-up", {"code": "nonsense"})) == (422, "wrong_code")
    assert (await ada.signed.ask("POST", "/me/step-up", {"code": await ada.code()})).status_code == 204
    assert (await ada.signed.ask(method, path, body)).is_success


async def test_new_recovery_codes_void_the_old(ada: Ada) -> None:
    fresh = (await ada.signed.ask("POST", "/me/mfa/recovery-codes")).json()["data"]["recovery_codes"]
    assert not set(fresh) & set(ada.recovery_codes)
    assert (await ada.second(await ada.challenge(), ada.recovery_codes[0])).status_code == 422
    assert (await ada.second(await ada.challenge(), fresh[0])).status_code == 200


async def test_turned_off_it_is_asked_for_no_more(ada: Ada, engine: AsyncEngine) -> None:
    assert (await ada.signed.ask("DELETE", "/me/mfa")).status_code == 204
    assert (await ada.client.post("/api/v1/auth/login", json=RIGHT)).json()["data"]["access_token"]
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from recovery_codes"))).scalar_one() == 0


async def test_an_admin_turns_it_off_for_who_has_lost_it(ada: Ada, engine: AsyncEngine, services: Services) -> None:
    admin = await School(engine, services).admin()
    me = (await ada.signed.ask("GET", "/me")).json()["data"]
    assert (await admin.ask("DELETE", f"/users/{me['id']}/mfa")).status_code == 204
    assert (await ada.client.post("/api/v1/auth/login", json=RIGHT)).json()["data"]["access_token"]


async def test_an_admin_with_a_second_factor_changes_roles_only_with_it(
    ada: Ada, engine: AsyncEngine, services: Services
) -> None:
    assert await services.run(use_cases.set_roles, ADA["email"], [Role.ADMIN])
    other = await School(engine, services).learner()
    signed = Signed(ada.client, (await ada.second(await ada.challenge(), await ada.code())).json()["data"])
    assert (await signed.ask("PATCH", f"/users/{other.id}", {"roles": ["instructor"]})).status_code == 200
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set second_factor_at = null"))
    refused = await signed.ask("PATCH", f"/users/{other.id}", {"roles": ["student"]})
    assert code_of(refused) == (403, "step_up_required")
    assert (await signed.ask("PATCH", f"/users/{other.id}", {"full_name": "Bea"})).status_code == 200


async def test_no_secret_lies_open(ada: Ada, engine: AsyncEngine, capfd: pytest.CaptureFixture[str]) -> None:
    challenge, code = await ada.challenge(), await ada.code()
    await ada.second(challenge, code)
    assert ada.app
    async with engine.connect() as conn:
        tables = ("totps", "recovery_codes", "mfa_challenges", "outbox", "audit_entries", "idempotency_keys")
        rows = [str((await conn.execute(text(f"select * from {table}"))).all()) for table in tables]
    out, err = capfd.readouterr()
    for secret in (ada.app.secret, challenge, *ada.recovery_codes):
        assert secret not in out + err + "".join(rows)


async def test_a_repeated_beginning_is_answered_alike(client: httpx.AsyncClient, plain: Ada) -> None:
    token = plain.signed.tokens["access_token"]
    headers = {"authorization": f"Bearer {token}", "Idempotency-Key": "begin"}
    body = {"current_password": PASSWORD}
    first, again = [await client.post("/api/v1/me/mfa/totp", json=body, headers=headers) for _ in range(2)]
    assert "qr_svg" in first.json()["data"]
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
