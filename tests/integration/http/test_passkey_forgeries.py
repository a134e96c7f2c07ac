"""What is forged, copied, garbage or another's passkey opens nothing, and tells nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import UP, UV, Device, b64
from tests.integration.http.keyring import Keyring, forget_attempts, outcomes, refusal
from tests.integration.http.mailbox import Mailbox

from lms_domain.mailing import LetterKind
from lms_entrypoints.container import Container

REFUSED = (401, "passkey_refused")


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
    assert {each.kind for each in await mailbox.emptied()} == {LetterKind.PASSKEY_COPIED}
    device.sign_count, device.counts = 3, True
    assert (await keyring.enter(device)).status_code == 200


async def test_a_forger_makes_no_owner_fear_a_copy(keyring: Keyring, device: Device, mailbox: Mailbox) -> None:
    assert (await keyring.enter(device)).status_code == 200
    await mailbox.emptied()
    forged = Device(counts=False)
    forged.credential_id, forged.user_handle = device.credential_id, device.user_handle
    assert refusal(await keyring.enter(forged)) == REFUSED
    assert await mailbox.emptied() == []


def broken(credential: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    response = credential["response"]
    if path in response:
        return credential | {"response": response | {path: value}}
    return credential | {path: value}


TEXTS: list[Any] = ["", "A", "*", "ü", "\u0000", "e30", "AAAA", "A" * 50_000, "//8=", b64(b"[" * 30_000)]
OTHERS: list[Any] = [None, 1, [], {}, True]


@pytest.mark.parametrize("value", TEXTS + OTHERS, ids=lambda value: str(value)[:9].encode("ascii", "replace").hex())
async def test_garbage_is_refused_and_is_never_a_fault(
    keyring: Keyring, device: Device, container: Container, value: Any
) -> None:
    made = Device().create(await keyring.creation())
    for path in ("id", "rawId", "type", "clientDataJSON", "attestationObject", "response"):
        body = {"name": "Key", "credential": broken(made, path, value)}
        assert (await keyring.signed.ask("POST", "/me/passkeys", body)).status_code == 422, path
    token, shown = await keyring.token(), device.get(await keyring.request())
    for path in ("id", "rawId", "type", "clientDataJSON", "authenticatorData", "signature", "userHandle", "response"):
        credential = broken(shown, path, value)
        alone = await keyring.show(credential)
        after = await keyring.post("/auth/mfa", {"challenge_token": token, "credential": credential})
        assert (alone.status_code in {401, 422}, after.status_code) == (True, 422), path
        forget_attempts(container)


async def test_an_oversized_answer_is_refused_at_the_edge(keyring: Keyring, device: Device) -> None:
    shown = device.get(await keyring.request())
    assert (await keyring.show(broken(shown, "signature", "A" * 70_000))).status_code == 413
