"""LISTEN and NOTIFY: whoever writes an event rings, and relays that were waiting look at once.

Ringing is not part of the transaction. A NOTIFY in it would make every commit wait for every other one, as PostgreSQL
lets only one transaction at a time commit a notification. What a lost ring was about is found by the next look.
"""

import asyncio
from contextlib import suppress

import psycopg
from sqlalchemy.engine import make_url

from lms_adapters.postgres import direct
from lms_adapters.postgres.connections import Connections
from lms_domain.kernel import LmsError

WORK = "lms_outbox"  # an event was written
NEWS = "lms_news"  # and told in the feed
PAUSE_SECONDS = 0.01  # between two rings: what happens meanwhile is told by the second one
RING = "select pg_notify(%(channel)s, '')"


class PgBell:
    def __init__(self, connections: Connections, channel: str = WORK) -> None:
        self._connections, self._channel = connections, channel
        self._is_wanted = False
        self._ringing: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Returns at once."""
        self._is_wanted = True
        if self._ringing is None or self._ringing.done():
            self._ringing = asyncio.get_running_loop().create_task(self._ring())

    async def silent(self) -> None:
        """Once what was to be rung has been."""
        if self._ringing is not None:
            await self._ringing

    async def _ring(self) -> None:
        while self._is_wanted:
            self._is_wanted = False
            with suppress(LmsError, psycopg.Error, OSError):
                async with self._connections.reading() as conn:
                    await direct.execute(conn, RING, {"channel": self._channel})
            await asyncio.sleep(PAUSE_SECONDS)


class PgEar:
    """Hears the bell. Where it cannot listen, it lets the time pass."""

    def __init__(self, url: str, channel: str = WORK) -> None:
        self._conn: psycopg.AsyncConnection | None = None
        self._channel = channel
        self.use(url)

    def use(self, url: str, /) -> None:
        """For the next connection."""
        self._url = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)

    async def heard(self, seconds: float) -> bool:
        """Whether it rang, or rings within so many seconds."""
        try:
            if self._conn is None:
                self._conn = await self._listening()
                return True  # it may have rung before
            rings = [ring async for ring in self._conn.notifies(timeout=seconds, stop_after=1)]
        except (psycopg.Error, OSError):
            await self.close()
            await asyncio.sleep(seconds)
            return False
        return bool(rings)

    async def close(self) -> None:
        if self._conn is not None:
            with suppress(psycopg.Error, OSError):
                await self._conn.close()
            self._conn = None

    async def _listening(self) -> psycopg.AsyncConnection:
        conn = await psycopg.AsyncConnection.connect(self._url, autocommit=True, connect_timeout=10)
        try:
            await conn.execute(f"listen {self._channel}".encode())
        except BaseException:  # who stops listening in between leaves no connection
            await conn.close()
            raise
        return conn
