"""Server processes with what they share."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.signed import PASSWORD
from tests.integration.served import transport_to

from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import DatabaseSettings, LimitSettings, RedisSettings, ServerSettings, Settings

Start = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def start(engine: AsyncEngine, database_url: str) -> AsyncIterator[Start]:
    """Each call starts what another server process would be."""
    del engine  # but its tables are empty
    clients: list[httpx.AsyncClient] = []
    containers: list[Container] = []

    async def process(url: str, *, peer: str = "127.0.0.1", proxies: str = "", **limits: str) -> httpx.AsyncClient:
        settings = Settings(
            environment="test",
            database=DatabaseSettings(url=database_url, pool_size=5),
            security=CHEAP,
            server=ServerSettings(trusted_proxies=proxies),
            redis=RedisSettings(url=url),
            limits=LimitSettings(**limits),
        )
        container = Container(settings=settings)
        services = container.services()
        transport = transport_to(services, client=(peer, 1234))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://lms.test"))
        containers.append(container)
        return clients[-1]

    yield process
    for client in clients:
        await client.aclose()
    for container in containers:
        await close(container)


async def register(client: httpx.AsyncClient) -> None:
    body = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
