"""Connections are lent clean, and those that are no longer good are not lent at all."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from lms_adapters.postgres import connections
from lms_adapters.postgres.connections import Connections, create_engine
from lms_adapters.postgres.direct import driver, execute, fetch_row
from lms_domain.kernel import Unavailable


class ChangedOurMindError(Exception):
    pass


@pytest.fixture
async def two(engine: AsyncEngine, database_url: str) -> AsyncIterator[Connections]:
    """Two connections, and a table of one column."""
    async with engine.begin() as conn:
        await conn.execute(text("create table if not exists scratch (n int)"))
    made = Connections(create_engine(database_url), size=2)
    yield made
    await made.close()
    async with engine.begin() as conn:
        await conn.execute(text("drop table scratch"))


async def numbers(lender: Connections) -> object:
    async with lender.reading() as conn:
        return await fetch_row(conn, "select count(*) from scratch", {})


async def put(conn: AsyncConnection, *, directly: bool) -> None:
    if directly:
        await execute(conn, "insert into scratch values (1)", {})
    else:
        await conn.execute(text("insert into scratch values (1)"))


@pytest.mark.parametrize("ways", [(True,), (False,), (True, False), (False, True)])
async def test_either_way_to_write_is_in_the_transaction(two: Connections, ways: tuple[bool, ...]) -> None:
    async def write(*, then: type[Exception] | None) -> None:
        async with two.writing() as conn:
            for directly in ways:
                await put(conn, directly=directly)
            if then is not None:
                raise then

    with pytest.raises(ChangedOurMindError):
        await write(then=ChangedOurMindError)
    assert await numbers(two) == (0,)
    await write(then=None)
    assert await numbers(two) == (len(ways),)


async def test_a_connection_goes_from_hand_to_hand(two: Connections) -> None:
    pids = set()
    for lend in (two.reading, two.writing) * 3:
        async with lend() as conn:
            pids.add(driver(conn).info.backend_pid)
            assert driver(conn).autocommit is (lend == two.reading)
    assert len(pids) == 1


async def test_one_that_the_server_closed_is_not_lent_again(two: Connections, engine: AsyncEngine) -> None:
    async with two.reading() as conn:
        pid = driver(conn).info.backend_pid
    async with engine.connect() as other:
        await other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    assert await numbers(two) == (0,)


async def test_one_that_breaks_in_use_is_replaced(two: Connections, engine: AsyncEngine) -> None:
    async def write() -> None:
        async with two.writing() as conn, engine.connect() as other:
            pid = driver(conn).info.backend_pid
            await put(conn, directly=True)
            await other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            await put(conn, directly=True)

    with pytest.raises(DBAPIError):
        await write()
    assert await numbers(two) == (0,)


async def test_one_whose_statement_was_cancelled_is_closed(two: Connections) -> None:
    sleeper: asyncio.Future[int] = asyncio.Future()

    async def sleep() -> None:
        async with two.writing() as conn:
            await put(conn, directly=True)
            sleeper.set_result(driver(conn).info.backend_pid)
            await execute(conn, "select pg_sleep(60)", {})

    task = asyncio.create_task(sleep())
    pid = await sleeper
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await numbers(two) == (0,)
    async with two.reading() as one, two.reading() as other:
        assert pid not in {driver(conn).info.backend_pid for conn in (one, other)}


async def test_who_waits_too_long_is_told_so(two: Connections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "WAIT_SECONDS", 0.01)
    async with two.reading(), two.reading():
        with pytest.raises(Unavailable):
            await numbers(two)
    assert await numbers(two) == (0,)
