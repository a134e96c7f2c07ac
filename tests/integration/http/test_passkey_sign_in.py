"""Signing in with a passkey: alone, or after the password. What is forged, stale, used or another's is refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import UP, UV, Device, b64
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.conftest import forget_attempts
from tests.integration.http.keyring import Keyring, data, refusal
from tests.integration.http.signed import Signed
from tests.integration.http.test_passkeys import bea, stale
from tests.integration.http.test_recovery import Mailbox, mailbox

from lms_adapters.security.seals import HmacSeals
from lms_domain.identity.passkeys import FOR_SIGN_IN
from lms_domain.kernel import new_id
from lms_entrypoints.container import Container, close
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.passkey_settings import PasskeySettings
from lms_entrypoints.settings import DEVELOPMENT_KEY, DatabaseSettings, SecuritySettings, Settings

__all__ = ["bea", "mailbox"]

REFUSED = (401, "passkey_refused")


@pytest.fixture
async def device(keyring: Keyring) -> Device:
    """Ada's."""
    made = Device()
    await keyring.added(made)
    return made


async def outcomes(keyring: Keyring) -> list[str]:
    """The newest first."""
    return [line["outcome"] for line in (await keyring.signed.ask("GET", "/me/sign-ins")).json()["data"]]


async def test_it_signs_in_without_a_password_or_a_second_step(keyring: Keyring, device: Device) -> None:
    options = await keyring.request()
    assert options["allowCredentials"] == []
    assert (options["userVerification"], options["rpId"]) == ("required", "localhost")
    opened = await keyring.enter(device, options)
    signed = Signed(keyring.client, data(opened))
    assert await signed.is_in()
    assert (await signed.refresh()).status_code == 200
    assert data(opened)["device_token"]
    assert (await outcomes(keyring))[0] == "succeeded"
    # It has just been proved.
    assert (await signed.ask("POST", "/me/mfa/recovery-codes")).status_code == 201


async def test_in_cookie_mode_the_tokens_are_cookies(keyring: Keyring, device: Device) -> None:
    credential = device.get(await keyring.request())
    answer = await keyring.post("/auth/passkey", {"credential": credential}, **{"X-Auth-Mode": "cookie"})
    assert "access_token" not in data(answer)
    assert len(answer.headers.get_list("set-cookie")) == 3


@pytest.mark.parametrize("device", [Device(), Device(counts=False)], ids=["counts", "does not"])
async def test_options_open_one_session_however_many_answers_come_at_once(
    keyring: Keyring, engine: AsyncEngine, device: Device
) -> None:
    await keyring.added(device)
    options = await keyring.request()
    one, two = device.get(options), device.get(options)
    answers = await asyncio.gather(*(keyring.show(each) for each in (one, two, one, two, one)))
    assert [each.status_code for each in answers].count(200) == 1
    assert {refusal(each) for each in answers if not each.is_success} == {(422, "options_not_good")}
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from sessions"))).scalar_one() == 2  # the first, and this one
        assert (await conn.execute(text("select count(*) from spent_passkey_options"))).scalar_one() == 2
    assert refusal(await keyring.show(one)) == (422, "options_not_good")


async def test_a_second_step_opens_one_session_however_many_answers_come_at_once(
    keyring: Keyring, device: Device
) -> None:
    token = await keyring.token()
    options = await keyring.request(token)
    body = {"challenge_token": token, "credential": device.get(options)}
    answers = await asyncio.gather(*(keyring.post("/auth/mfa", body) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401, 401]


def from_elsewhere(device: Device) -> None:
    device.origin = "https://localhost.evil.example"


def for_elsewhere(device: Device) -> None:
    device.rp_id = "evil.example"


def untouched(device: Device) -> None:
    device.flags &= ~UP


def with_another_key(device: Device) -> None:
    device._key = Device()._key


def backed_up_all_at_once(device: Device) -> None:
    device.flags |= 0x18


FORGED = [from_elsewhere, for_elsewhere, untouched, with_another_key, backed_up_all_at_once]
SAID: list[dict[str, Any]] = [
    {"type": "webauthn.create"},
    {"crossOrigin": True},
    {"origin": "http://localhost:8001"},
    {"origin": ["http://localhost:8000"]},
]


@pytest.mark.parametrize("forge", FORGED)
async def test_what_is_forged_signs_nobody_in(
    keyring: Keyring, device: Device, forge: Callable[[Device], None]
) -> None:
    forge(device)
    assert refusal(await keyring.enter(device)) == REFUSED
    assert refusal(await keyring.second(await keyring.token(), device)) == (422, "wrong_passkey")
    assert refusal(await keyring.step_up(device)) == (422, "wrong_passkey")
    assert (await outcomes(keyring))[:2] == ["wrong_passkey", "wrong_passkey"]


@pytest.mark.parametrize("said", SAID)
async def test_what_another_page_was_told_signs_nobody_in(
    keyring: Keyring, device: Device, said: dict[str, Any]
) -> None:
    assert refusal(await keyring.enter(device, **said)) == REFUSED
    assert refusal(await keyring.second(await keyring.token(), device, **said)) == (422, "wrong_passkey")


@pytest.mark.parametrize("forge", [from_elsewhere, for_elsewhere, untouched])
async def test_what_is_forged_is_not_added(keyring: Keyring, forge: Callable[[Device], None]) -> None:
    forged = Device()
    forge(forged)
    refused = await keyring.add(forged)
    assert refusal(refused) == (422, "wrong_passkey")
    assert [each["field"] for each in refused.json()["error"]["details"]["problems"]] == ["credential"]
    assert refusal(await keyring.add(Device(), type="webauthn.get")) == (422, "wrong_passkey")
    assert await keyring.listed() == []


async def test_a_device_that_did_not_ask_for_its_user_is_no_way_in_alone(keyring: Keyring, device: Device) -> None:
    device.flags &= ~UV
    assert refusal(await keyring.enter(device)) == REFUSED
    assert (await keyring.second(await keyring.token(), device)).status_code == 200


@pytest.mark.parametrize("handle", [None, b"somebody else...", b""])
async def test_the_device_names_the_account_that_it_signs_in_to(
    keyring: Keyring, device: Device, handle: bytes | None
) -> None:
    device.user_handle = handle
    assert refusal(await keyring.enter(device)) == REFUSED


async def test_the_nobodys_the_closed_and_the_forged_are_refused_alike(
    keyring: Keyring, device: Device, engine: AsyncEngine
) -> None:
    unknown = Device()
    unknown.user_handle = device.user_handle
    nobodys = await keyring.enter(unknown)
    options = await keyring.request()
    credential = device.get(options)
    credential["response"]["signature"] = b64(b"forged")
    forged = await keyring.show(credential)
    async with engine.begin() as conn:
        await conn.execute(text("update users set is_active = false"))
    closed = await keyring.enter(device)
    assert nobodys.content == forged.content == closed.content
    assert [each.status_code for each in (nobodys, forged, closed)] == [401, 401, 401]
    # Nor is one told from another by options that are not good.
    for each in (unknown, device):
        assert refusal(await keyring.enter(each, options | {"challenge": b64(b"mine")})) == (422, "options_not_good")
    async with engine.connect() as conn:
        noted = await conn.execute(text("select outcome, user_id is null from sign_ins order by at desc, id desc"))
        assert noted.all()[:3] == [("wrong_passkey", False), ("wrong_passkey", False), ("unknown_account", True)]


async def test_another_persons_passkey_is_no_second_factor(keyring: Keyring, device: Device, bea: Keyring) -> None:
    """Whoever has Ada's password has a passkey of their own."""
    theirs = Device()
    await bea.added(theirs)
    token = await keyring.token()
    assert refusal(await keyring.second(token, theirs)) == (422, "wrong_passkey")
    theirs.user_handle = device.user_handle
    assert refusal(await keyring.second(token, theirs)) == (422, "wrong_passkey")
    theirs.credential_id = device.credential_id
    assert refusal(await keyring.second(token, theirs)) == (422, "wrong_passkey")
    assert (await keyring.second(token, device)).status_code == 200


async def test_options_are_good_for_what_they_were_made_for(
    keyring: Keyring, device: Device, container: Container
) -> None:
    not_good = (422, "options_not_good")
    token, other = await keyring.token(), await keyring.token()
    alone, step = await keyring.request(), await keyring.request(token)
    proving = data(await keyring.signed.ask("POST", "/me/step-up/options"))
    creating = await keyring.creation() | {"rpId": "localhost"}
    for options in (step, proving, creating):
        assert refusal(await keyring.enter(device, options)) == not_good
    for options in (alone, proving, creating):
        assert refusal(await keyring.second(token, device, options)) == not_good
    assert refusal(await keyring.second(other, device, step)) == not_good
    forget_attempts(container)
    for options in (alone, step, creating):
        assert refusal(await keyring.step_up(device, options)) == not_good
    elsewhere = Keyring(keyring.client, Signed(keyring.client, data(await keyring.enter(device, alone))))
    assert refusal(await elsewhere.step_up(device, proving)) == not_good
    assert refusal(await elsewhere.add(Device(), options=creating)) == not_good
    assert (await keyring.step_up(device, proving)).status_code == 204
    assert (await keyring.second(token, device, step)).status_code == 200
    assert (await keyring.add(Device(), options=creating)).status_code == 201


@pytest.mark.parametrize(("minutes", "status"), [(4.9, 200), (5.1, 422)])
async def test_options_are_good_for_five_minutes(keyring: Keyring, device: Device, minutes: float, status: int) -> None:
    id = new_id(datetime.now(UTC) - timedelta(minutes=minutes))
    options = {"rpId": "localhost", "challenge": HmacSeals(DEVELOPMENT_KEY).seal(FOR_SIGN_IN, id)}
    assert (await keyring.enter(device, options)).status_code == status


async def test_options_that_nobody_can_bring_any_more_are_cleared_away(
    keyring: Keyring, device: Device, engine: AsyncEngine
) -> None:
    async with engine.begin() as conn:
        await conn.execute(text("update spent_passkey_options set expires_at = expires_at - interval '2 hours'"))
    assert (await keyring.enter(device)).status_code == 200
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from spent_passkey_options"))).scalar_one() == 1


@pytest.mark.parametrize("back_to", [0, 2, 3])
async def test_a_count_that_does_not_rise_is_a_copy(
    keyring: Keyring, device: Device, engine: AsyncEngine, mailbox: Mailbox, back_to: int
) -> None:
    for _ in range(3):
        assert (await keyring.enter(device)).status_code == 200
    await mailbox.emptied()
    device.sign_count, device.counts = back_to, False
    assert refusal(await keyring.enter(device)) == REFUSED
    token = await keyring.token()
    assert refusal(await keyring.second(token, device)) == (422, "wrong_passkey")
    assert refusal(await keyring.step_up(device)) == (422, "wrong_passkey")
    async with engine.connect() as conn:
        query = "select after from audit_entries where action = 'passkey.copy_suspected' order by seq desc limit 3"
        for told in (await conn.execute(text(query))).scalars():
            assert f'"known_count":3,"passkey_id":"{(await keyring.listed())[0]["id"]}","seen_count":{back_to}' in told
        assert (await conn.execute(text("select sign_count from passkeys"))).scalar_one() == 3
    assert {each.subject for each in await mailbox.emptied()} == {"A passkey may have been copied"}
    device.sign_count, device.counts = 3, True
    assert (await keyring.enter(device)).status_code == 200


async def test_a_forger_makes_no_owner_fear_a_copy(keyring: Keyring, device: Device, mailbox: Mailbox) -> None:
    assert (await keyring.enter(device)).status_code == 200
    await mailbox.emptied()
    forged = Device(counts=False)
    forged.credential_id, forged.user_handle = device.credential_id, device.user_handle
    assert refusal(await keyring.enter(forged)) == REFUSED
    assert await mailbox.emptied() == []


async def test_its_owner_is_told_when_one_comes_or_goes(keyring: Keyring, mailbox: Mailbox) -> None:
    await mailbox.emptied()
    ids = [await keyring.added(Device()) for _ in range(2)]
    added = sorted(each.subject for each in await mailbox.emptied())
    assert added == ["A passkey was added", "A passkey was added", "Your second factor is on"]
    for id in ids:
        await keyring.signed.ask("DELETE", f"/me/passkeys/{id}")
    removed = sorted(each.subject for each in await mailbox.emptied())
    assert removed == ["A passkey was removed", "A passkey was removed", "Your second factor is off"]


async def test_who_tries_without_end_waits(keyring: Keyring, device: Device) -> None:
    options = await keyring.request()
    forged = device.get(options)
    forged["response"]["signature"] = b64(b"forged")
    statuses = [(await keyring.show(forged)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert (await outcomes(keyring))[:6] == ["locked"] + ["wrong_passkey"] * 5
    # A passkey that is nobody's makes wait as well, and the password of the account is another matter.
    unknown = Device()
    unknown.user_handle = device.user_handle
    assert [(await keyring.enter(unknown)).status_code for _ in range(6)] == statuses
    assert (await keyring.second(await keyring.token(), device)).status_code == 200


async def test_a_challenge_is_void_with_the_password_whatever_is_brought(
    keyring: Keyring, device: Device, engine: AsyncEngine
) -> None:
    token = await keyring.token()
    options = await keyring.request(token)
    async with engine.begin() as conn:
        await conn.execute(text("update credentials set auth_version = auth_version + 1"))
    assert refusal(await keyring.second(token, device, options)) == (401, "challenge_not_good")
    asked = await keyring.post("/auth/passkey/options", {"challenge_token": token})
    assert refusal(asked) == (401, "challenge_not_good")
    nonsense = await keyring.post("/auth/passkey/options", {"challenge_token": "nonsense"})
    assert refusal(nonsense) == (401, "challenge_not_good")


async def test_a_repeated_sign_in_is_answered_alike(keyring: Keyring, device: Device) -> None:
    body = {"credential": device.get(await keyring.request())}
    first, again = [await keyring.post("/auth/passkey", body, **{"Idempotency-Key": "once"}) for _ in range(2)]
    assert (first.status_code, again.content) == (200, first.content)


async def test_a_step_up_is_good_for_ten_minutes(keyring: Keyring, device: Device, engine: AsyncEngine) -> None:
    await stale(engine)
    renew = ("POST", "/me/mfa/recovery-codes")
    assert refusal(await keyring.signed.ask(*renew)) == (403, "step_up_required")
    assert (await keyring.step_up(device)).status_code == 204
    assert (await keyring.signed.ask(*renew)).status_code == 201


Serve = Callable[[Settings], Any]


@pytest.fixture
async def serve(database_url: str, engine: AsyncEngine) -> AsyncIterator[Callable[..., Keyring]]:
    """Another process on the same database, with these settings."""
    made: list[tuple[httpx.AsyncClient, Container]] = []

    def start(keyring: Keyring, **settings: Any) -> Keyring:
        database = DatabaseSettings(url=database_url, pool_size=3)
        given = {"security": CHEAP} | settings
        container = Container(settings=Settings(environment="test", database=database, **given))
        transport = httpx.ASGITransport(at_the_edge(build_app(container.services()), container.services()))
        client = httpx.AsyncClient(transport=transport, base_url="http://lms.test")
        made.append((client, container))
        return Keyring(client, Signed(client, keyring.signed.tokens))

    yield start
    for client, container in made:
        await client.aclose()
        await close(container)


async def test_where_addresses_have_to_be_proved_a_passkey_is_no_way_around(
    keyring: Keyring, device: Device, serve: Callable[..., Keyring], engine: AsyncEngine
) -> None:
    strict = serve(keyring, security=SecuritySettings(bcrypt_rounds=4, verified_email_only=True))
    assert refusal(await strict.enter(device)) == (403, "email_not_verified")
    assert (await outcomes(keyring))[0] == "email_not_verified"
    async with engine.begin() as conn:
        await conn.execute(text("update users set email_verified_at = now()"))
    assert (await strict.enter(device)).status_code == 200


async def test_turned_off_they_are_not_there_and_recovery_codes_are(
    keyring: Keyring, serve: Callable[..., Keyring]
) -> None:
    device = Device()
    code = data(await keyring.add(device))["recovery_codes"][0]
    options = await keyring.request()
    off = serve(keyring, passkeys=PasskeySettings(enabled=False))
    assert refusal(await off.post("/auth/passkey/options", {})) == (404, "passkeys_off")
    assert refusal(await off.enter(device, options)) == (404, "passkeys_off")
    assert refusal(await off.signed.ask("POST", "/me/passkeys/options", {})) == (404, "passkeys_off")
    challenge = await off.challenge()
    assert challenge["methods"] == ["recovery_code"]
    body = {"challenge_token": challenge["challenge_token"], "code": code}
    assert (await off.post("/auth/mfa", body)).status_code == 200


def broken(credential: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    response = credential["response"]
    if path in response:
        return credential | {"response": response | {path: value}}
    return credential | {path: value}


TEXTS: list[Any] = ["", "A", "*", "ü", "\u0000", "e30", "AAAA", "A" * 50_000, "//8=", b64(b"[" * 30_000)]
OTHERS: list[Any] = [None, 1, [], {}, True]


@pytest.mark.parametrize("value", TEXTS + OTHERS, ids=lambda value: str(value)[:9].encode("ascii", "replace").hex())
async def test_garbage_is_refused_and_is_never_a_fault(keyring: Keyring, device: Device, value: Any) -> None:
    made = Device().create(await keyring.creation())
    for path in ("id", "rawId", "type", "clientDataJSON", "attestationObject", "response"):
        body = {"name": "Key", "credential": broken(made, path, value)}
        assert (await keyring.signed.ask("POST", "/me/passkeys", body)).status_code == 422, path
    token, expected = await keyring.token(), {401, 422, 429}
    shown = device.get(await keyring.request())
    for path in ("rawId", "type", "clientDataJSON", "authenticatorData", "signature", "userHandle", "response"):
        credential = broken(shown, path, value)
        assert (await keyring.show(credential)).status_code in expected, path
        body = {"challenge_token": token, "credential": credential}
        assert (await keyring.post("/auth/mfa", body)).status_code in expected, path


async def test_an_oversized_answer_is_refused_at_the_edge(keyring: Keyring, device: Device) -> None:
    shown = device.get(await keyring.request())
    assert (await keyring.show(broken(shown, "signature", "A" * 70_000))).status_code == 413


@pytest.mark.parametrize("proof", [{}, {"code": "123456", "credential": None}, {"code": None}])
async def test_a_second_step_takes_a_code_or_a_passkey(keyring: Keyring, device: Device, proof: dict[str, Any]) -> None:
    if "credential" in proof:
        proof = proof | {"credential": device.get(await keyring.request())}
    answer = await keyring.post("/auth/mfa", {"challenge_token": await keyring.token()} | proof)
    assert (answer.status_code, answer.json()["error"]["details"]["problems"][0]["field"]) == (422, "code")
