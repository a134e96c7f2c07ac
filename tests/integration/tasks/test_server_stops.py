"""A server that is told to stop: what is open ends well, what is in hand is finished, and nobody has to be killed."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack

import httpx
import pytest
from sqlalchemy import text
from tests.integration.school import School
from tests.integration.tasks.plant import Plant, free_port
from tests.integration.tasks.processes import END_SECONDS, Process

from lms_entrypoints.services import Services

OPEN = 6  # connections, which the kernel spreads over the workers
WAIT_FOR_FEED = "select count(*) from pg_locks where relation = 'feed'::regclass and not granted"


@pytest.fixture
async def authorization(plant: Plant, services: Services) -> str:
    admin = await School(plant.engine, services).admin()
    return admin.client.headers["authorization"]


async def begun(stream: httpx.Response) -> AsyncIterator[bytes]:
    """The rest of it."""
    pieces = stream.aiter_raw()
    assert b"retry" in await anext(pieces)
    return pieces


async def must_end_well(pieces: AsyncIterator[bytes]) -> None:
    """Where the server only broke it off, this raises."""
    async for _ in pieces:
        pass


async def until_in_hand(plant: Plant, count: int) -> None:
    async def is_so() -> bool:
        return await plant.scalar(WAIT_FOR_FEED) == count

    await plant.until(is_so)


async def must_stop_by_itself(server: Process) -> None:
    assert await asyncio.to_thread(server.ended, END_SECONDS) == 0, server.output()
    assert "Killing worker" not in server.output()  # as Granian says it


@pytest.mark.parametrize(("request_", "workers"), [(signal.SIGHUP, 1), (signal.SIGTERM, 2)])
async def test_it_ends_its_streams_and_answers_what_it_was_asked(
    plant: Plant, authorization: str, request_: signal.Signals, workers: int
) -> None:
    port = free_port()
    server = plant.start("serve", "--port", str(port), SERVER_WORKERS=str(workers))
    await plant.until_served(port)
    url, headers = f"http://127.0.0.1:{port}/api/v1", {"authorization": authorization}
    async with (
        httpx.AsyncClient(base_url=url, headers=headers, timeout=END_SECONDS) as client,
        AsyncExitStack() as held,
    ):
        streams = [
            await begun(await held.enter_async_context(client.stream("GET", "/me/notifications/stream")))
            for _ in range(OPEN)
        ]
        in_hand = list[Awaitable[httpx.Response]]()
        async with plant.engine.begin() as conn:
            await conn.execute(text("lock table feed in access exclusive mode"))
            in_hand += [asyncio.create_task(client.get(path)) for path in ("/events", "/events/stream")]
            await until_in_hand(plant, len(in_hand))
            os.kill(server.pid, request_)
            for stream in streams:
                await must_end_well(stream)
        answer, late_stream = await asyncio.gather(*in_hand)
        await must_stop_by_itself(server)  # though connections are kept alive
    assert answer.json()["data"] == []
    assert (late_stream.status_code, late_stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
