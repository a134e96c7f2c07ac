"""Somebody with devices: what a browser and its user do about passkeys."""

from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device
from tests.integration.http.signed import PASSWORD, Signed

from lms_adapters.memory.attempts import MemoryAttempts
from lms_adapters.memory.gate import MemoryGate
from lms_entrypoints.container import Container

ADDRESS = "ada@example.org"


class Keyring:
    """Methods that answer a response do so whatever it says; the others fail where they are refused."""

    def __init__(self, client: httpx.AsyncClient, signed: Signed) -> None:
        self.client, self.signed = client, signed

    async def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        return await self.client.post(f"/api/v1{path}", json=body, headers=headers)

    async def creation(self, password: str | None = PASSWORD) -> dict[str, Any]:
        body = None if password is None else {"current_password": password}
        return data(await self.signed.ask("POST", "/me/passkeys/options", body))

    async def creation_asked(self, password: str) -> httpx.Response:
        return await self.signed.ask("POST", "/me/passkeys/options", {"current_password": password})

    async def add(self, device: Device, name: str = "Telephone", options: Any = None, **said: Any) -> httpx.Response:
        credential = device.create(options or await self.creation(), **said)
        return await self.signed.ask("POST", "/me/passkeys", {"name": name, "credential": credential})

    async def added(self, device: Device) -> str:
        """Its id."""
        return str(data(await self.add(device))["passkey"]["id"])

    async def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.signed.ask("GET", "/me/passkeys")).json()["data"]
        return found

    async def state(self) -> dict[str, Any]:
        return data(await self.signed.ask("GET", "/me/mfa"))

    async def request(self, token: str | None = None) -> dict[str, Any]:
        return data(await self.post("/auth/passkey/options", None if token is None else {"challenge_token": token}))

    async def enter(self, device: Device, options: Any = None, **said: Any) -> httpx.Response:
        """Without a password."""
        return await self.show(device.get(options or await self.request(), **said))

    async def show(self, credential: Any) -> httpx.Response:
        return await self.post("/auth/passkey", {"credential": credential})

    async def challenge(self) -> dict[str, Any]:
        return data(await self.post("/auth/login", {"email": ADDRESS, "password": PASSWORD}))

    async def token(self) -> str:
        """For the second step."""
        return str((await self.challenge())["challenge_token"])

    async def second(self, token: str, device: Device, options: Any = None, **said: Any) -> httpx.Response:
        credential = device.get(options or await self.request(token), **said)
        return await self.post("/auth/mfa", {"challenge_token": token, "credential": credential})

    async def step_up(self, device: Device, options: Any = None) -> httpx.Response:
        asked = options or data(await self.signed.ask("POST", "/me/step-up/options"))
        return await self.signed.ask("POST", "/me/step-up", {"credential": device.get(asked)})


def data(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()["data"]
    return found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


async def outcomes(keyring: Keyring) -> list[str]:
    """Of attempts to sign in, the newest first."""
    return [line["outcome"] for line in (await keyring.signed.ask("GET", "/me/sign-ins")).json()["data"]]


async def stale(engine: AsyncEngine) -> None:
    """Whatever was proved was proved eleven minutes ago."""
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set second_factor_at = second_factor_at - interval '11 minutes'"))


def forget_attempts(container: Container) -> None:
    """Wrong ones, and how many requests there were: all tests come from one address."""
    attempts, gate = container.attempts(), container.gate()
    assert isinstance(attempts, MemoryAttempts)
    assert isinstance(gate, MemoryGate)
    attempts._counts.clear()
    gate._buckets.clear()
