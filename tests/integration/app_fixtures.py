"""The application on a real PostgreSQL: what integration tests ask for by name."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx
import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from tests.background import Mute, a_background
from tests.integration.served import transport_to

from lms_adapters.memory.ports import MemoryDatabase
from lms_adapters.postgres.database import PgDatabase
from lms_adapters.postgres.defaults import add_default_organization
from lms_adapters.postgres.migrate import all_tables
from lms_domain.ports import Database
from lms_domain.queues import QueueName
from lms_entrypoints.adapters import SystemClock
from lms_entrypoints.container import Container, close
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services
from lms_entrypoints.settings import (
    CatalogSettings,
    DatabaseSettings,
    LimitSettings,
    SecuritySettings,
    ServerSettings,
    Settings,
)

# Cost 4 is bcrypt's least: tests are about what is hashed, not about how long it takes.
CHEAP = SecuritySettings(bcrypt_rounds=4)
# Of tables with a handful of rows 4 ms for all of them; TRUNCATE makes every file anew, which takes 100 ms and more.
EMPTY = """
    do $$ declare name text; begin
        foreach name in array array[{names}] loop execute format('delete from %%I', name); end loop;
    end $$
"""


@pytest.fixture(scope="session")
async def container(database_url: str) -> AsyncIterator[Container]:
    database = DatabaseSettings(url=database_url, pool_size=30)
    # Tests change rows behind the application's back, so it remembers nothing of them.
    catalog = CatalogSettings(cache_seconds=0)
    # All tests of a process come from one network.
    limits = LimitSettings(sign_in="off", registration="off", recovery="off", upload="off")
    server = ServerSettings(stream_seconds=0)  # whoever reads an answer to its end gets there
    settings = Settings(
        environment="test", database=database, security=CHEAP, catalog=catalog, limits=limits, server=server
    )
    made = Container(settings=settings)
    made.bell.override(Mute())  # no test should count its ringing
    async with made.connections().reading():
        pass  # the first connection asks the server what it is, which no test should count
    yield made
    await close(made)


@pytest.fixture(scope="session")
async def pooled(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = create_async_engine(database_url)
    yield made
    await made.dispose()


@pytest.fixture
async def engine(pooled: AsyncEngine) -> AsyncEngine:
    """Every table empty, but for the default organization, and for the audit trail, which can only grow.

    For tests alone: the application has its own connections.
    """
    engine = pooled
    async with engine.begin() as conn:
        await conn.exec_driver_sql("set local session_replication_role = replica")  # all go, in whatever order
        await conn.exec_driver_sql(EMPTY.format(names=", ".join(f"'{name}'" for name in names_of_tables())))
        await conn.exec_driver_sql("set local session_replication_role = origin")
        await add_default_organization(conn)
    return engine


def names_of_tables() -> list[str]:
    return [table.name for table in all_tables().sorted_tables if not table.name.startswith("audit_")]


@pytest.fixture
async def services(engine: AsyncEngine, container: Container) -> Services:
    return container.services()


@pytest.fixture
async def background(engine: AsyncEngine, container: Container) -> Background:
    """Does nothing by itself: a test calls `await background.drain()` where reactions should have run.

    Letters stay where they are; see `mailbox`.
    """
    queues = [name for name in QueueName if name is not QueueName.EMAILS]
    return a_background(container.run(), queues=queues, errands=container.errands())


@pytest.fixture(params=["memory", "postgres"])
def database(request: pytest.FixtureRequest, container: Container) -> Database:
    """A promise written once runs on both. On PostgreSQL the clock is the system's."""
    if request.param == "memory":
        return MemoryDatabase(SystemClock())
    request.getfixturevalue("engine")
    return PgDatabase(container.connections(), container.beside())


@pytest.fixture
async def client(services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody is signed in. The app's loop is the test's loop, and faults of the app are raised."""
    async with httpx.AsyncClient(transport=transport_to(services), base_url="http://lms.test") as made:
        yield made


@pytest.fixture
def count_queries(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_queries() as statements:` collects what the driver sends meanwhile, BEGIN and COMMIT left out."""
    seen: list[list[str]] = []

    def noting(send: Any) -> Any:
        async def noted(cursor: object, query: Any, *args: Any, **options: Any) -> Any:
            for statements in seen:
                statements.append(query.decode() if isinstance(query, bytes) else str(query))
            return await send(cursor, query, *args, **options)

        return noted

    @contextmanager
    def counting() -> Iterator[list[str]]:
        statements: list[str] = []
        seen.append(statements)
        try:
            yield statements
        finally:
            seen.remove(statements)

    for name in ("execute", "executemany"):
        monkeypatch.setattr(psycopg.AsyncCursor, name, noting(getattr(psycopg.AsyncCursor, name)))
    return counting
