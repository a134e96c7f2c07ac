"""A password takes its time to be checked; what changes meanwhile counts."""

import asyncio
from typing import Any

import httpx
import pytest
from tests.devices import Device
from tests.integration.http.hesitation import RIGHT, Hesitation
from tests.integration.http.keyring import ADDRESS, Keyring, outcomes
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.kernel import Unavailable
from lms_entrypoints.services import Services

NEW = "a horse of another colour"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def test_a_password_that_is_changed_while_it_is_checked_opens_nothing(
    keyring: Keyring, hesitation: Hesitation
) -> None:
    body = {"current_password": PASSWORD, "new_password": NEW}
    answer = await hesitation.meanwhile(keyring.client, lambda: keyring.signed.ask("POST", "/me/password", body))
    assert refusal(answer) == (401, "wrong_credentials")
    assert (await outcomes(keyring))[0] == "wrong_password"


async def test_nor_does_one_that_is_reset(keyring: Keyring, hesitation: Hesitation, mailbox: Mailbox) -> None:
    await mailbox.emptied()
    await keyring.post("/auth/password/forgotten", {"email": ADDRESS})
    token = await mailbox.token()

    async def reset() -> None:
        assert (await keyring.post("/auth/password/reset", {"token": token, "new_password": NEW})).is_success

    assert refusal(await hesitation.meanwhile(keyring.client, reset)) == (401, "wrong_credentials")


async def test_a_second_factor_that_is_turned_on_meanwhile_is_asked_for(
    keyring: Keyring, hesitation: Hesitation
) -> None:
    answer = await hesitation.meanwhile(keyring.client, lambda: keyring.added(Device()))
    assert answer.json()["data"]["mfa_required"] is True


async def test_no_sign_in_with_the_old_password_outlives_its_change(keyring: Keyring) -> None:
    client, body = keyring.client, {"current_password": PASSWORD, "new_password": NEW}
    change = keyring.signed.ask("POST", "/me/password", body)
    answers = await asyncio.gather(change, *(client.post("/api/v1/auth/login", json=RIGHT) for _ in range(12)))
    assert answers[0].status_code == 204
    assert {answer.status_code for answer in answers[1:]} <= {200, 401, 429}
    opened = [Signed(client, answer.json()["data"]) for answer in answers[1:] if answer.is_success]
    assert not [signed for signed in opened if await signed.is_in()]


async def test_whoever_fills_the_line_of_hashes_locks_nobody_out(
    keyring: Keyring, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords: Any = services.accounts._passwords
    with monkeypatch.context() as flood:
        flood.setattr(passwords._common, "size", 0)
        for body in (RIGHT, RIGHT | {"password": "guess"}):
            tried = [keyring.post("/auth/login", body) for _ in range(40)]
            assert {answer.status_code for answer in await asyncio.gather(*tried)} <= {429, 503}
        changes = [keyring.creation_asked("guess") for _ in range(40)]
        assert {answer.status_code for answer in await asyncio.gather(*changes)} <= {429, 503}
    assert (await keyring.post("/auth/login", RIGHT)).status_code == 200
    assert (await keyring.creation_asked(PASSWORD)).status_code == 200


async def test_nor_does_who_sends_requests_that_take_too_long(
    keyring: Keyring, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any, **__: Any) -> bool:
        await asyncio.Event().wait()
        raise Unavailable

    with monkeypatch.context() as stuck:
        stuck.setattr(services.accounts._passwords, "verify", never)
        tried = [asyncio.create_task(keyring.post("/auth/login", RIGHT)) for _ in range(40)]
        await asyncio.sleep(0.5)
        for each in tried:
            each.cancel()
        await asyncio.gather(*tried, return_exceptions=True)
    assert (await keyring.post("/auth/login", RIGHT)).status_code == 200


async def test_a_challenge_is_void_when_the_password_is_changed(keyring: Keyring, device: Device) -> None:
    token = await keyring.token()
    options = await keyring.request(token)
    body = {"current_password": PASSWORD, "new_password": NEW}
    assert (await keyring.signed.ask("POST", "/me/password", body)).status_code == 204
    assert refusal(await keyring.second(token, device, options)) == (401, "challenge_not_good")
    assert await keyring.signed.is_in()


async def test_a_challenge_is_void_when_the_roles_change(keyring: Keyring, device: Device, admin: Signed) -> None:
    token = await keyring.token()
    options = await keyring.request(token)
    [me] = (await admin.ask("GET", f"/users?search={ADDRESS}")).json()["data"]
    assert (await admin.ask("PATCH", f"/users/{me['id']}", {"roles": ["instructor"]})).status_code == 200
    assert refusal(await keyring.second(token, device, options)) == (401, "challenge_not_good")
    assert (await sign_in(keyring.client)).tokens["mfa_required"]
