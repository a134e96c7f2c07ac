"""Passkeys: added, named, removed, and as the second step after a password."""

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import EDDSA, ES256, RS256, Device
from tests.integration.http.keyring import ADDRESS, Keyring, data
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_adapters.memory.attempts import MemoryAttempts
from lms_entrypoints.container import Container


@pytest.fixture
async def ada(client: httpx.AsyncClient, engine: AsyncEngine, container: Container) -> Keyring:
    attempts = container.attempts()
    assert isinstance(attempts, MemoryAttempts)
    attempts._counts.clear()
    body = {"email": ADDRESS, "password": PASSWORD, "full_name": "Ada"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    return Keyring(client, await sign_in(client))


async def test_options_are_those_of_webauthn(ada: Keyring) -> None:
    options = await ada.creation()
    assert options["rp"] == {"name": "LMS", "id": "localhost"}
    assert options["user"]["name"] == ADDRESS
    assert [each["alg"] for each in options["pubKeyCredParams"]] == [EDDSA, ES256, RS256]
    assert options["attestation"] == "none"
    device = Device()
    await ada.added(device)
    [excluded] = (await ada.creation())["excludeCredentials"]
    assert excluded == {
        "type": "public-key",
        "id": device.create(options)["id"],
        "transports": ["hybrid", "internal"],
    }


@pytest.mark.parametrize("alg", [ES256, EDDSA, RS256])
async def test_the_first_brings_recovery_codes_and_the_second_step(ada: Keyring, alg: int) -> None:
    device = Device(alg)
    made = data(await ada.add(device, "Key"))
    assert made["passkey"]["name"] == "Key"
    assert len(set(made["recovery_codes"])) == 10
    challenge = await ada.challenge()
    assert challenge["methods"] == ["passkey", "recovery_code"]
    opened = await ada.second(challenge["challenge_token"], device)
    assert await Signed(ada.client, data(opened)).is_in()
    assert (await ada.signed.ask("GET", "/me/mfa")).json()["data"]["passkeys"] == 1
