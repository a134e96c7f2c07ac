"""`make bench`: what a request costs, as a ratio to a floor that is measured in the same run."""

import asyncio
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
import psycopg

from benchmarks import background, strangers
from benchmarks.load import Result, Shot, fire
from benchmarks.school import PASSWORD, fill
from benchmarks.world import Server, World, postgres_cpu, serving
from lms_adapters.embedded import EmbeddedPostgres
from lms_adapters.postgres.migrate import upgrade
from lms_domain.identity.model import Role

API = "/api/v1"
CONNECTIONS = 8
SHOTS = 4_000
WARM_UP = 300


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one kind of request: milliseconds of processor time of the application and of PostgreSQL, each."""

    name: str
    result: Result
    app_ms: float
    postgres_ms: float


def measure(name: str, server: Server, dsn: str, shots: Sequence[Shot]) -> Cost:
    app, postgres = server.cpu(), postgres_cpu(dsn)
    result = asyncio.run(fire(server.port, shots, connections=CONNECTIONS))
    if result.refused:
        raise SystemExit(f"{name}: {result.refused} answers were no success")
    n = len(shots)
    return Cost(name, result, (server.cpu() - app) * 1000 / n, (postgres_cpu(dsn) - postgres) * 1000 / n)


def show(cost: Cost, floor: Cost) -> None:
    r = cost.result
    print(
        f"{cost.name:28} {r.per_second:8.0f}/s  1/{floor.result.per_second / r.per_second:4.1f} of the floor   "
        f"p50 {r.percentile(0.5) * 1000:6.2f}  p95 {r.percentile(0.95) * 1000:6.2f}  "
        f"p99 {r.percentile(0.99) * 1000:6.2f} ms   CPU {cost.app_ms:5.2f} app + {cost.postgres_ms:5.2f} PostgreSQL ms",
        flush=True,
    )


def costs(world: World, server: Server) -> list[Cost]:
    tokens = [world.token(id) for id in world.learners]
    read, page = tokens[0], f"{API}/courses?page_size=20"
    for shot in (Shot("GET", page), Shot("GET", f"{API}/courses/{world.course}", read)):
        asyncio.run(fire(server.port, [shot] * WARM_UP, connections=CONNECTIONS))
    enroll = [Shot("POST", f"{API}/courses/{world.course}/enrollments", token) for token in tokens]
    made = [
        measure("catalog page, kept", server, world.dsn, [Shot("GET", page)] * SHOTS),
        measure("catalog page", server, world.dsn, [Shot("GET", page, read)] * SHOTS),
        measure("search", server, world.dsn, [Shot("GET", f"{API}/courses?search=rivers+know", read)] * (SHOTS // 4)),
        measure("course", server, world.dsn, [Shot("GET", f"{API}/courses/{world.course}", read)] * SHOTS),
        measure(
            "course outline, 40 lessons",
            server,
            world.dsn,
            [Shot("GET", f"{API}/courses/{world.course}/outline", read)] * SHOTS,
        ),
        measure("enroll", server, world.dsn, enroll),
    ]
    with psycopg.connect(world.dsn) as conn:
        rows = conn.execute("select learner_id, id from enrollments where course_id = %s", (world.course,)).fetchall()
    enrollments: dict[UUID, UUID] = dict(rows)
    body = msgspec.json.encode({"position_seconds": 10, "time_spent_seconds": 1})
    progress = [
        Shot("PUT", f"{API}/enrollments/{enrollments[id]}/lessons/{world.lesson}/progress", token, body)
        for id, token in zip(world.learners, tokens, strict=True)
    ]
    return [*made, measure("progress update", server, world.dsn, progress)]


def deep_pages(world: World, server: Server) -> float:
    """The 1000th page of a roster of 30,000 by its cursor, against the first."""
    token = world.token(world.instructor, Role.INSTRUCTOR)
    path = f"{API}/courses/{world.big_course}/enrollments?page_size=20"
    cursor = ""
    for _ in range(999):
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}{path}{cursor}", headers={"Authorization": f"Bearer {token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 (loopback)
            cursor = "&cursor=" + msgspec.json.decode(answer.read())["meta"]["next_cursor"]
    first = asyncio.run(fire(server.port, [Shot("GET", path, token)] * 500, connections=1))
    last = asyncio.run(fire(server.port, [Shot("GET", path + cursor, token)] * 500, connections=1))
    return last.percentile(0.5) / first.percentile(0.5)


def disturbance(world: World, server: Server) -> float:
    """Everybody else's p99 with eight sign-ins in flight, against without."""
    body = msgspec.json.encode({"email": "ina@example.org", "password": PASSWORD})

    async def both() -> tuple[Result, Result]:
        shots = [Shot("GET", f"{API}/courses/{world.course}")] * 2_000
        alone = await fire(server.port, shots, connections=4)
        stop = asyncio.Event()

        async def sign_in() -> None:
            while not stop.is_set():
                await fire(server.port, [Shot("POST", f"{API}/auth/login", body=body)], connections=1)

        signing_in = [asyncio.create_task(sign_in()) for _ in range(8)]
        disturbed = await fire(server.port, shots, connections=4)
        stop.set()
        await asyncio.gather(*signing_in)
        return alone, disturbed

    ratios = []
    for _ in range(3):
        alone, disturbed = asyncio.run(both())
        ratios.append(disturbed.percentile(0.99) / alone.percentile(0.99))
    return statistics.median(ratios)


def bare_sql(dsn: str, course: object) -> float:
    """Milliseconds for the simplest read there is, without any of us in between."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        times = []
        for _ in range(2_000):
            began = time.perf_counter()
            conn.execute("select * from courses where id = %s", (course,)).fetchone()
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main(parts: Sequence[str] = ("strangers", "requests", "background")) -> None:
    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder)) as url:
        upgrade(url)
        if "strangers" in parts:
            strangers.show(url, free_port())
        if {"requests", "background"}.isdisjoint(parts):
            return
        print("Filling the database ...", flush=True)
        world = asyncio.run(fill(url))
        if "requests" in parts:
            requests(url, world)
        if "background" in parts:
            background.show(url, world)


def requests(url: str, world: World) -> None:
    with serving(url, free_port(), "benchmarks.floor:create_app") as server:
        shots = [Shot("GET", "/bare")] * SHOTS
        asyncio.run(fire(server.port, shots[:WARM_UP], connections=CONNECTIONS))
        floor = measure("floor: a bare handler", server, world.dsn, shots)
    show(floor, floor)
    print(f"floor: one row by its key    {bare_sql(world.dsn, world.course):8.3f} ms with psycopg", flush=True)
    with serving(url, free_port(), "lms_entrypoints.http.asgi:create_app") as server:
        for cost in costs(world, server):
            show(cost, floor)
        print(f"1000th roster page by cursor {deep_pages(world, server):8.2f} times the first", flush=True)
        print(f"p99 with 8 sign-ins          {disturbance(world, server):8.2f} times the p99 without", flush=True)


if __name__ == "__main__":
    main(*filter(None, [sys.argv[1:]]))
