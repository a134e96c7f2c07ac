"""What it costs to tell others: deliveries to webhooks, and an announcement to a large class."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpcore
import psycopg

from benchmarks.backlog import Queue, all_done, completed
from benchmarks.world import CLASS, World
from lms_domain.kernel import Actor, CourseId, OrganizationId, Permission, UserId
from lms_domain.notifications.use_cases import announce
from lms_domain.webhooks import use_cases
from lms_entrypoints.doors import Run

EVENTS = 1_000
RECEIVERS = 8  # each is sent every event, five at once
ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
BARE = 4_000
CONNECTIONS = 8


@dataclass(slots=True)
class Receiver:
    port: int
    taken: int = 0


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Takes everything at once."""

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
                await reader.readexactly(int(length.partition(b":")[2]))
                receiver.taken += 1
                writer.write(ANSWER)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):  # the client, or all of it, ends
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    receiver = Receiver(server.sockets[0].getsockname()[1])
    async with server:
        yield receiver


async def bare_posts(receiver: Receiver) -> float:
    """The floor: requests a second of the same HTTP client, with nothing to sign, to note or to wait for."""
    async with httpcore.AsyncConnectionPool(max_connections=CONNECTIONS) as pool:

        async def post() -> None:
            for _ in range(BARE // CONNECTIONS):
                await pool.request("POST", f"http://127.0.0.1:{receiver.port}/", content=b"{}")

        began = time.perf_counter()
        await asyncio.gather(*(post() for _ in range(CONNECTIONS)))
        return BARE / (time.perf_counter() - began)


async def delivered(run: Run, queue: Queue, receiver: Receiver) -> float:
    """Deliveries a second, from the commit of the events until the last is noted."""
    async with await psycopg.AsyncConnection.connect(queue.dsn, autocommit=True) as conn:
        row = await (await conn.execute("select id from organizations where is_default")).fetchone()
        admin = Actor(id=UserId(UUID(int=1)), permissions=frozenset(Permission))
        for number in range(RECEIVERS):
            hook: dict[str, Any] = {
                "url": f"http://127.0.0.1:{receiver.port}/{number}",
                "kinds": ["enrollment.completed"],
            }
            hook |= {"description": "", "is_enabled": True}
            await run(use_cases.create, admin, OrganizationId(row[0] if row else UUID(int=0)), hook, private=True)
        began, before = time.perf_counter(), receiver.taken
        await run(completed, queue.courses, EVENTS)
        await all_done(conn, 0.05)
        seconds = time.perf_counter() - began
        await conn.execute("update webhooks set is_enabled = false")
    if receiver.taken - before != EVENTS * RECEIVERS:
        raise SystemExit(f"{receiver.taken - before} deliveries arrived, not {EVENTS * RECEIVERS}")
    return EVENTS * RECEIVERS / seconds


async def announced(run: Run, queue: Queue, world: World) -> float:
    """People told a second, of one announcement."""
    teacher = Actor(id=UserId(world.instructor), permissions=frozenset(Permission))
    async with await psycopg.AsyncConnection.connect(queue.dsn, autocommit=True) as conn:
        began = time.perf_counter()
        await run(announce, teacher, CourseId(world.big_course), {"title": "News", "body": "There is some."})
        await all_done(conn, 0.05)
        seconds = time.perf_counter() - began
        row = await (await conn.execute("select count(*) from notifications where kind = 'announcement'")).fetchone()
    if row is None or row[0] != CLASS:
        raise SystemExit(f"{row} were told, not {CLASS}")
    return CLASS / seconds


async def show(run: Run, queue: Queue, world: World) -> None:
    async with receiving() as receiver:
        floor = await bare_posts(receiver)
        per_second = await delivered(run, queue, receiver)
    print(f"floor: a bare POST           {floor:8.0f}/s", flush=True)
    print(f"webhook deliveries           {per_second:8.0f}/s, 1/{floor / per_second:.1f} of the floor", flush=True)
    per_second = await announced(run, queue, world)
    print(
        f"told of an announcement      {per_second:8.0f} people/s, {CLASS / per_second:.1f} s for {CLASS}", flush=True
    )
