"""Passkeys: added, named, removed; what they want proved, and what is told about them."""

import asyncio
from typing import Any

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import BE, BS, EDDSA, ES256, RS256, UP, Device
from tests.integration.http.keyring import ADDRESS, Keyring, data, refusal, stale
from tests.integration.http.signed import PASSWORD, Signed
from tests.integration.school import School

from lms_domain.identity.passkeys import MOST_PASSKEYS
from lms_entrypoints.services import Services


async def test_options_are_those_of_webauthn(keyring: Keyring) -> None:
    options = await keyring.creation()
    assert options["rp"] == {"name": "LMS", "id": "localhost"}
    assert (options["user"]["name"], options["user"]["displayName"]) == (ADDRESS, "Ada")
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [EDDSA, ES256, RS256]
    assert options["authenticatorSelection"]["residentKey"] == "preferred"
    assert (options["attestation"], options["timeout"], options["excludeCredentials"]) == ("none", 300_000, [])


async def test_a_device_is_not_asked_twice(keyring: Keyring) -> None:
    device = Device()
    await keyring.added(device)
    id = device.create(await keyring.creation())["id"]
    known = {"type": "public-key", "id": id, "transports": ["hybrid", "internal"]}
    assert (await keyring.creation())["excludeCredentials"] == [known]
    assert (await keyring.request(await keyring.token()))["allowCredentials"] == [known]


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
async def test_the_first_brings_recovery_codes_and_a_second_step(keyring: Keyring, alg: int) -> None:
    device = Device(alg)
    made = data(await keyring.add(device, "  My   key "))
    assert made["passkey"]["name"] == "My key"
    assert len(set(made["recovery_codes"])) == 10
    challenge = await keyring.challenge()
    assert challenge["methods"] == ["passkey", "recovery_code"]
    opened = await keyring.second(challenge["challenge_token"], device)
    assert await Signed(keyring.client, data(opened)).is_in()
    by_code = {"challenge_token": await keyring.token(), "code": made["recovery_codes"][0]}
    assert (await keyring.post("/auth/mfa", by_code)).status_code == 200
    state = await keyring.state()
    assert (state["totp"], state["passkeys"], state["recovery_codes_left"]) == (False, 1, 9)


async def test_the_next_brings_none(keyring: Keyring) -> None:
    await keyring.added(Device())
    assert data(await keyring.add(Device()))["recovery_codes"] is None
    assert (await keyring.state())["recovery_codes_left"] == 10


async def test_what_the_device_said_is_shown(keyring: Keyring) -> None:
    device = Device(counts=False)
    device.flags |= BE | BS
    await keyring.added(device)
    [line] = await keyring.listed()
    assert (line["can_be_backed_up"], line["is_backed_up"], line["last_used_at"]) == (True, True, None)
    assert line["transports"] == ["hybrid", "internal"]
    assert not {"public_key", "credential_id", "sign_count"} & set(line)
    device.flags ^= BS
    assert (await keyring.enter(device)).status_code == 200
    [line] = await keyring.listed()
    assert (line["is_backed_up"], line["last_used_at"] is not None) == (False, True)


async def test_the_first_takes_the_password_and_the_next_the_second_factor(
    keyring: Keyring, engine: AsyncEngine
) -> None:
    for body in ({}, {"current_password": "wrong"}):
        refused = await keyring.signed.ask("POST", "/me/passkeys/options", body)
        assert refusal(refused) == (422, "wrong_password")
    device, early = Device(), await keyring.creation()
    await keyring.added(device)
    await keyring.creation(password=None)  # proved just now
    await stale(engine)
    late = await keyring.signed.ask("POST", "/me/passkeys/options", {"current_password": PASSWORD})
    assert refusal(late) == (403, "step_up_required")
    # Options from before the first one was added are no way around it.
    assert refusal(await keyring.add(Device(), options=early)) == (403, "step_up_required")
    assert (await keyring.step_up(device)).status_code == 204
    assert (await keyring.add(Device(), options=early)).status_code == 201


async def test_an_app_beside_a_passkey_wants_the_passkey(keyring: Keyring, engine: AsyncEngine) -> None:
    device = Device()
    await keyring.added(device)
    await stale(engine)
    begin = ("POST", "/me/mfa/totp", {"current_password": PASSWORD})
    assert refusal(await keyring.signed.ask(*begin)) == (403, "step_up_required")
    assert (await keyring.step_up(device)).status_code == 204
    app = TOTP(data(await keyring.signed.ask(*begin))["secret"])
    assert (await keyring.signed.ask("POST", "/me/mfa/totp/confirm", {"code": app.now()})).status_code == 200
    assert (await keyring.challenge())["methods"] == ["totp", "passkey", "recovery_code"]
    assert (await keyring.signed.ask("DELETE", "/me/mfa/totp")).status_code == 204
    assert (await keyring.challenge())["methods"] == ["passkey", "recovery_code"]


async def test_it_is_named_anew_by_version(keyring: Keyring) -> None:
    id = await keyring.added(Device())
    renamed = await keyring.signed.ask("PATCH", f"/me/passkeys/{id}", {"name": "Old telephone"})
    assert (data(renamed)["name"], data(renamed)["version"]) == ("Old telephone", 2)
    assert renamed.headers["etag"].startswith('"2-')
    headers = {"authorization": f"Bearer {keyring.signed.tokens['access_token']}", "if-match": '"1"'}
    address = f"/api/v1/me/passkeys/{id}"
    assert (await keyring.client.patch(address, json={"name": "X"}, headers=headers)).status_code == 412
    assert (await keyring.client.delete(address, headers=headers)).status_code == 412
    assert (await keyring.signed.ask("PATCH", f"/me/passkeys/{id}", {"name": " "})).status_code == 422


async def test_another_persons_is_not_there(keyring: Keyring, bea: Keyring) -> None:
    id = await keyring.added(Device())
    for method, body in (("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert refusal(await bea.signed.ask(method, f"/me/passkeys/{id}", body)) == (404, "not_found")
    assert await bea.listed() == []


async def test_removed_it_opens_nothing_and_the_last_one_takes_the_second_step_along(
    keyring: Keyring, engine: AsyncEngine
) -> None:
    first, second = Device(), Device()
    ids = [await keyring.added(first), await keyring.added(second)]
    await stale(engine)
    refused = await keyring.signed.ask("DELETE", f"/me/passkeys/{ids[0]}")
    assert refusal(refused) == (403, "step_up_required")
    assert (await keyring.step_up(second)).status_code == 204
    assert (await keyring.signed.ask("DELETE", f"/me/passkeys/{ids[0]}")).status_code == 204
    assert refusal(await keyring.enter(first)) == (401, "passkey_refused")
    assert (await keyring.state())["recovery_codes_left"] == 10
    assert (await keyring.signed.ask("DELETE", f"/me/passkeys/{ids[1]}")).status_code == 204
    assert "access_token" in await keyring.challenge()
    assert await keyring.state() == {"totp": False, "totp_since": None, "passkeys": 0, "recovery_codes_left": 0}


async def test_all_is_turned_off_by_its_owner_or_an_admin(
    keyring: Keyring, engine: AsyncEngine, services: Services
) -> None:
    admin, me = await School(engine, services).admin(), data(await keyring.signed.ask("GET", "/me"))
    device = Device()
    await keyring.added(device)
    assert (await keyring.signed.ask("DELETE", "/me/mfa")).status_code == 204
    assert await keyring.listed() == []
    await keyring.added(device)
    assert (await admin.ask("DELETE", f"/users/{me['id']}/mfa")).status_code == 204
    assert "access_token" in await keyring.challenge()
    assert refusal(await keyring.enter(device)) == (401, "passkey_refused")


async def test_it_is_one_accounts(keyring: Keyring, bea: Keyring) -> None:
    device = Device()
    await keyring.added(device)
    assert refusal(await bea.add(device)) == (409, "passkey_taken")
    assert refusal(await keyring.add(device)) == (409, "passkey_taken")
    other = Device()
    several = [(ring, await ring.creation()) for ring in (keyring, bea)]
    answers = await asyncio.gather(*(ring.add(other, options=options) for ring, options in several))
    assert sorted(each.status_code for each in answers) == [201, 409]


async def test_options_add_one_however_many_are_made_of_them(keyring: Keyring) -> None:
    options = await keyring.creation()
    answers = await asyncio.gather(*(keyring.add(Device(), options=options) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [201, 422, 422, 422, 422]
    assert {refusal(each)[1] for each in answers if not each.is_success} == {"options_not_good"}
    assert len(await keyring.listed()) == 1


async def test_there_are_twenty_at_most_also_when_two_come_at_once(keyring: Keyring) -> None:
    for _ in range(MOST_PASSKEYS - 1):
        await keyring.added(Device())
    several = [await keyring.creation() for _ in range(3)]
    answers = await asyncio.gather(*(keyring.add(Device(), options=options) for options in several))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    refused = await keyring.signed.ask("POST", "/me/passkeys/options", {})
    assert refusal(refused) == (409, "too_many_passkeys")


async def test_a_repeated_request_is_answered_alike(keyring: Keyring) -> None:
    credential = Device().create(await keyring.creation())
    headers = {"authorization": f"Bearer {keyring.signed.tokens['access_token']}", "Idempotency-Key": "once"}
    body = {"name": "Key", "credential": credential}
    first, again = [await keyring.client.post("/api/v1/me/passkeys", json=body, headers=headers) for _ in range(2)]
    assert (first.status_code, again.content) == (201, first.content)


OWN: list[tuple[str, str, Any]] = [
    ("POST", "/me/passkeys/options", {"current_password": PASSWORD}),
    ("POST", "/me/step-up/options", None),
    ("DELETE", "/me/mfa/totp", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OWN)
async def test_a_program_can_do_none_of_it(
    client: httpx.AsyncClient, keyring: Keyring, method: str, path: str, body: Any
) -> None:
    made = {"name": "All", "scopes": ["account:read", "account:write"]}
    token = data(await keyring.signed.ask("POST", "/me/api-tokens", made))["token"]
    program = Signed(client, {"access_token": token})
    assert refusal(await program.ask(method, path, body)) == (403, "session_needed")
    assert (await program.ask("GET", "/me/passkeys")).status_code == 200


async def test_without_a_passkey_there_is_none_to_ask(keyring: Keyring) -> None:
    assert refusal(await keyring.signed.ask("POST", "/me/step-up/options")) == (409, "no_passkey")


async def test_a_device_that_only_wants_a_touch_is_a_second_factor(keyring: Keyring) -> None:
    device = Device()
    device.flags = UP
    await keyring.added(device)
    assert (await keyring.second(await keyring.token(), device)).status_code == 200
    assert refusal(await keyring.enter(device)) == (401, "passkey_refused")
