"""One network that sends a flood of passwords holds up itself."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import bcrypt
import httpx
import pytest
from tests.integration.http.keyring import ADDRESS, Keyring
from tests.integration.http.signed import PASSWORD
from tests.integration.served import transport_to

from lms_adapters.security.passwords import WAITING
from lms_entrypoints.services import Services

LOGIN, REGISTER = "/api/v1/auth/login", "/api/v1/auth/register"
RIGHT = {"email": ADDRESS, "password": PASSWORD}


@dataclass
class Crowd:
    """People in many networks, while no hash gets done until they `go_on`."""

    services: Services
    stack: AsyncExitStack
    go_on: threading.Event = field(default_factory=threading.Event)
    turned_away: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    under_way: list[asyncio.Task[int]] = field(default_factory=list)

    async def flood(self, network: str, count: int, path: str = LOGIN) -> None:
        client = await self._client(network)
        for n in range(count):
            body = {"email": f"{network}-{n}@example.org", "password": PASSWORD}
            self.under_way.append(self._sent(client, path, body | ({"full_name": "X"} if path == REGISTER else {})))

    async def come(self, network: str, body: Any) -> asyncio.Task[int]:
        return self._sent(await self._client(network), LOGIN, body)

    async def settled(self, turned_away: int) -> None:
        """Until so many were: everybody else waits then."""
        async with asyncio.timeout(30):
            for _ in range(turned_away):
                await self.turned_away.acquire()

    def _sent(self, client: httpx.AsyncClient, path: str, body: Any) -> asyncio.Task[int]:
        async def status() -> int:
            answer = await client.post(path, json=body)
            if answer.status_code == 503:
                self.turned_away.release()
            return answer.status_code

        return asyncio.create_task(status())

    async def _client(self, network: str) -> httpx.AsyncClient:
        transport = transport_to(self.services, client=(network, 4711))
        made = httpx.AsyncClient(transport=transport, base_url="http://lms.test")
        return await self.stack.enter_async_context(made)


@pytest.fixture
async def crowd(keyring: Keyring, services: Services, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Crowd]:
    async with AsyncExitStack() as stack:
        made = Crowd(services, stack)

        def when_let(work: Any) -> Any:
            def slow(*args: bytes) -> Any:
                assert made.go_on.wait(60)
                return work(*args)

            return slow

        for name in ("checkpw", "hashpw"):
            monkeypatch.setattr(bcrypt, name, when_let(getattr(bcrypt, name)))
        try:
            yield made
        finally:
            made.go_on.set()
            await asyncio.gather(*made.under_way)


@pytest.mark.parametrize("path", [LOGIN, REGISTER])
async def test_a_flood_from_one_network_keeps_nobody_else_out(crowd: Crowd, keyring: Keyring, path: str) -> None:
    await crowd.flood("203.0.113.7", 80, path)
    await crowd.settled(turned_away=80 - WAITING // 2)
    known = await crowd.come("192.0.2.1", RIGHT | {"device_token": keyring.signed.tokens["device_token"]})
    stranger = await crowd.come("192.0.2.2", RIGHT)
    more = await crowd.come("203.0.113.7", RIGHT)
    assert await more == 503
    crowd.go_on.set()
    assert (await known, await stranger) == (200, 200)


async def test_a_flood_from_many_networks_keeps_no_known_device_out(crowd: Crowd, keyring: Keyring) -> None:
    for n in range(4):
        await crowd.flood(f"203.0.113.{n}", 20)
    await crowd.settled(turned_away=80 - WAITING)
    known = await crowd.come("192.0.2.1", RIGHT | {"device_token": keyring.signed.tokens["device_token"]})
    somebody_elses = await crowd.come("192.0.2.2", RIGHT | {"device_token": "made up"})
    assert await somebody_elses == 503
    crowd.go_on.set()
    assert await known == 200
