"""Connections kept open between requests, and lent to one at a time.

Through SQLAlchemy's engine, lending a connection, beginning and taking it back costs 0.3 ms of CPU a request, more
than most statements; here it costs 0.03. The connections are still SQLAlchemy's: repositories use them as they are,
and what goes straight to the driver (see `direct`) never wakes SQLAlchemy at all.
"""

import asyncio
import select
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import msgspec
import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from lms_adapters.postgres.direct import driver
from lms_domain.kernel import Unavailable

WAIT_SECONDS = 10  # for a connection that others are using
LONGEST_LIFE = 1800  # seconds; firewalls forget connections, and a backend's memory grows


def create_engine(url: str, *, statement_timeout_ms: int = 30_000) -> AsyncEngine:
    """An engine whose every statement and lock has an end. Whoever connects through it, closes."""
    return create_async_engine(
        url,
        poolclass=NullPool,
        connect_args={
            "connect_timeout": 10,
            "options": f"-c timezone=UTC -c statement_timeout={statement_timeout_ms} "
            "-c idle_in_transaction_session_timeout=60000",
        },
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
    )


@dataclass(frozen=True, slots=True)
class Lent:
    conn: AsyncConnection
    opened: float  # time.monotonic()

    def is_good(self) -> bool:
        """Open, young, and silent: a server that speaks unasked has closed the connection."""
        raw = driver(self.conn)
        if raw.closed or time.monotonic() - self.opened > LONGEST_LIFE:
            return False
        poll = select.poll()
        poll.register(raw.pgconn.socket, select.POLLIN)
        return not poll.poll(0)


class Connections:
    """At most `size` at a time; who asks for one more waits, and is Unavailable after some seconds."""

    def __init__(self, engine: AsyncEngine, size: int = 10) -> None:
        self._engine = engine
        self._free = asyncio.Semaphore(size)
        self._idle: list[Lent] = []

    def use(self, engine: AsyncEngine, /) -> None:
        """For connections that are opened from here on; those that are open live on for their time."""
        self._engine = engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Every statement by itself."""
        async with self._lend(autocommit=True) as conn:
            yield conn
            if conn.in_transaction():  # in SQLAlchemy's book alone
                await conn.rollback()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """One transaction, committed at the end unless something is raised."""
        async with self._lend(autocommit=False) as conn:
            yield conn
            if conn.in_transaction():
                await conn.commit()
            else:
                await driver(conn).commit()

    async def close(self) -> None:
        while self._idle:
            await self._discard(self._idle.pop())

    @asynccontextmanager
    async def _lend(self, *, autocommit: bool) -> AsyncIterator[AsyncConnection]:
        await self._wait()
        try:
            lent = await self._take()
            try:
                raw = driver(lent.conn)
                if raw.autocommit is not autocommit:
                    await raw.set_autocommit(autocommit)
                yield lent.conn
            except Exception:
                await self._undo(lent)
                raise
            except BaseException:  # cancelled in the middle of a statement
                await self._discard(lent)
                raise
            self._idle.append(lent)
        finally:
            self._free.release()

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise Unavailable from None

    async def _take(self) -> Lent:
        """The one used last: its caches are warm."""
        while self._idle:
            lent = self._idle.pop()
            if lent.is_good():
                return lent
            await self._discard(lent)
        return Lent(await self._engine.connect(), time.monotonic())

    async def _undo(self, lent: Lent) -> None:
        try:
            if lent.conn.in_transaction():
                await lent.conn.rollback()
            await driver(lent.conn).rollback()
            is_clean = driver(lent.conn).info.transaction_status is TransactionStatus.IDLE
        except (SQLAlchemyError, psycopg.Error):
            is_clean = False
        if is_clean:
            self._idle.append(lent)
        else:
            await self._discard(lent)

    async def _discard(self, lent: Lent) -> None:
        try:
            await lent.conn.invalidate()
            await lent.conn.close()
        except (SQLAlchemyError, psycopg.Error):
            return
