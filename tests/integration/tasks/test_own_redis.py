"""Tasks that have a Redis of their own: while it is away, whoever is signed in is served all the same."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis
from tests.integration.redis_server import started
from tests.integration.tasks.plant import Plant, free_port

PASSWORD = "correct horse battery staple"

WAITING = "select count(*) from tasks where state = 'waiting' and reaction = 'letter'"


@pytest.fixture
async def client(plant: Plant) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    plant.start("serve", "--port", str(port))
    await plant.until_served(port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as made:
        yield made


async def sign_in(client: httpx.AsyncClient, name: str) -> dict[str, str]:
    account = {"email": f"{name}@example.org", "password": PASSWORD}
    await answered(client, 201, "POST", "/auth/register", json=account | {"full_name": name})
    tokens = await answered(client, 200, "POST", "/auth/login", json=account)
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def answered(client: httpx.AsyncClient, status: int, method: str, path: str, **given: Any) -> Any:
    answer = await client.request(method, path, **given)
    assert answer.status_code == status, answer.text
    return answer.json()["data"] if answer.content else None


async def is_planned(plant: Plant) -> bool:
    return await plant.scalar("select count(*) from outbox where planned_at is null") == 0


async def works(url: str) -> bool:
    """Whether a worker asks for messages there."""
    async with Redis.from_url(url) as redis:
        return bool(await redis.exists("lms:tasks:__heartbeats__"))


async def test_requests_succeed_without_it_and_the_backlog_drains_when_it_is_back(
    plant: Plant, client: httpx.AsyncClient
) -> None:
    valkey = await asyncio.to_thread(started)
    port, url = valkey.port, valkey.connection_url
    processes = [plant.start(word, TASKS_REDIS_URL=url) for word in ("relay", "worker")]
    auth = await sign_in(client, "ada")
    await plant.settled()
    await asyncio.to_thread(valkey.stop)

    for name in ("grace", "alan"):
        await sign_in(client, name)
    await answered(client, 200, "PATCH", "/me", headers=auth, json={"full_name": "Ada Lovelace"})
    await answered(client, 204, "POST", "/me/sessions/end-others", headers=auth)
    await plant.until(lambda: is_planned(plant))
    assert await plant.scalar(WAITING) >= 2
    assert not plant.post_office.ids("grace@example.org") + plant.post_office.ids("alan@example.org")

    valkey = await asyncio.to_thread(started, port)
    await plant.settled()
    for name in ("ada", "grace", "alan"):
        assert len(plant.post_office.ids(f"{name}@example.org")) == 1
    assert all(process.is_alive for process in processes)
    await asyncio.to_thread(valkey.stop)


async def test_every_line_is_json_those_of_libraries_too(plant: Plant) -> None:
    valkey = await asyncio.to_thread(started)
    worker = plant.start("worker", TASKS_REDIS_URL=valkey.connection_url)
    await plant.until(lambda: works(valkey.connection_url))
    await asyncio.to_thread(valkey.stop)
    await plant.until(lambda: asyncio.to_thread(lambda: "connection error" in worker.output()))
    assert worker.stop() == 0
    lines = [json.loads(line) for line in worker.output().splitlines()]
    said = [(line["event"], line["command"]) for line in lines if line["event"].startswith("process_")]
    assert said == [("process_started", "worker"), ("process_ended", "worker")]
    assert {line["level"] for line in lines if "connection error" in line["event"]} == {"critical"}
    assert all(line["logger"].startswith("dramatiq.worker") for line in lines if "connection error" in line["event"])
    assert not [line["event"] for line in lines if "twice" in line["event"]]
