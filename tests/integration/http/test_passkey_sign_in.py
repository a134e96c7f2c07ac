"""Signing in with a passkey: alone, or after the password. What is forged, stale, used or another's is refused."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device, b64
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.keyring import ADDRESS, Keyring, data, forget_attempts, outcomes, refusal, stale
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.signed import Signed
from tests.integration.school import School
from tests.integration.served import transport_to

from lms_adapters.security.seals import HmacSeals
from lms_domain.identity.model import Role
from lms_domain.identity.passkeys import FOR_SIGN_IN
from lms_domain.identity.use_cases import set_roles
from lms_domain.kernel import new_id
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_entrypoints.container import Container, close
from lms_entrypoints.passkey_settings import PasskeySettings
from lms_entrypoints.services import Services
from lms_entrypoints.settings import DEVELOPMENT_KEY, DatabaseSettings, SecuritySettings, Settings


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


async def test_its_owner_is_told_when_one_comes_or_goes(keyring: Keyring, mailbox: Mailbox) -> None:
    await mailbox.emptied()
    ids = [await keyring.added(Device()) for _ in range(2)]
    added = sorted(each.kind for each in await mailbox.emptied())
    assert added == ["mfa_enabled", "passkey_added", "passkey_added"]
    for id in ids:
        await keyring.signed.ask("DELETE", f"/me/passkeys/{id}")
    removed = sorted(each.kind for each in await mailbox.emptied())
    assert removed == ["mfa_disabled", "passkey_removed", "passkey_removed"]


async def test_who_tries_without_end_waits(keyring: Keyring, device: Device) -> None:
    options = await keyring.request()
    forged = device.get(options)
    forged["response"]["signature"] = b64(b"forged")
    answers = [await keyring.show(forged) for _ in range(6)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [401] * 5 + [429]
    assert answers[5].json()["message"].startswith("Too many wrong passkeys; try again in ")
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


async def test_it_is_not_told_again_to_who_would_be_refused(
    keyring: Keyring, device: Device, engine: AsyncEngine, services: Services
) -> None:
    root = await School(engine, services).admin()
    assert await services.run(set_roles, ADDRESS, [Role.ADMIN])
    await keyring.signed.refresh()
    await root.json("PUT", f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy", {"staff_networks": ["127.0.0.1/32"]})
    body = {"credential": device.get(await keyring.request())}
    headers = {"Idempotency-Key": "once", "authorization": f"Bearer {keyring.signed.tokens['access_token']}"}
    transport = transport_to(services, client=("203.0.113.7", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as away:
        elsewhere = Keyring(away, keyring.signed)
        answers = [await each.post("/auth/passkey", body, **headers) for each in (keyring, elsewhere, keyring)]
    assert [each.status_code for each in answers] == [200, 403, 200]
    assert (await outcomes(keyring))[:2] == ["network_refused", "succeeded"]


async def test_a_step_up_is_good_for_ten_minutes(keyring: Keyring, device: Device, engine: AsyncEngine) -> None:
    await stale(engine)
    renew = ("POST", "/me/mfa/recovery-codes")
    assert refusal(await keyring.signed.ask(*renew)) == (403, "step_up_required")
    assert (await keyring.step_up(device)).status_code == 204
    assert (await keyring.signed.ask(*renew)).status_code == 201


@pytest.fixture
async def serve(database_url: str, engine: AsyncEngine) -> AsyncIterator[Callable[..., Keyring]]:
    """Another process on the same database, with these settings."""
    made: list[tuple[httpx.AsyncClient, Container]] = []

    def start(keyring: Keyring, **settings: Any) -> Keyring:
        database = DatabaseSettings(url=database_url, pool_size=3)
        given = {"security": CHEAP} | settings
        container = Container(settings=Settings(environment="test", database=database, **given))
        transport = transport_to(container.services())
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


@pytest.mark.parametrize("proof", [{}, {"code": "123456", "credential": None}, {"code": None}])
async def test_a_second_step_takes_a_code_or_a_passkey(keyring: Keyring, device: Device, proof: dict[str, Any]) -> None:
    if "credential" in proof:
        proof = proof | {"credential": device.get(await keyring.request())}
    answer = await keyring.post("/auth/mfa", {"challenge_token": await keyring.token()} | proof)
    assert (answer.status_code, answer.json()["error"]["details"]["problems"][0]["field"]) == (422, "code")
