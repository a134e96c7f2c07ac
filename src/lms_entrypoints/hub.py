"""One listener for all streams of a process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from lms_entrypoints.relay import Ear


class Hub:
    """Who wants to miss nothing takes a ticket, looks, and then waits for the ticket."""

    def __init__(self, ear: Ear, *, poll_seconds: float, most: int) -> None:
        self._ear, self._poll, self._most = ear, poll_seconds, most
        self._next = asyncio.Event()
        self._count = 0
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    @property
    def is_full(self) -> bool:
        return self._count >= self._most

    def ticket(self) -> asyncio.Event:
        return self._next

    async def heard(self, ticket: asyncio.Event, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await ticket.wait()
        return ticket.is_set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The first who comes has the bell listened to, the last one ends it."""
        self._count += 1
        if self._task is None:
            self._task = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._task.cancel()
                self._task = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Streams end with the block, so that a server that stops need not wait for them."""
        try:
            yield
        finally:
            self.is_closed = True
            self._ring()

    def _ring(self) -> None:
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    async def _listen(self) -> None:
        try:
            while True:
                await self._ear.heard(self._poll)
                self._ring()  # heard or not: what nobody told of is looked for as well
        finally:
            await self._ear.close()
