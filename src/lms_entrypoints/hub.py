"""One listener for all streams of a process."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from lms_domain.kernel import TooMany, Unavailable, UserId
from lms_entrypoints.relay import Ear

# Of one user, at a time: a browser opens six to a site at most, and a program needs one for each organization.
MOST_OF_ONE = 10
REST_SECONDS = 0.1  # between two rings, each of which makes every stream look: what rings meanwhile is told by the next


class TooManyStreams(Unavailable):
    message = "Too many are listening already; read the list instead, or try again later."


class TooManyStreamsOfYours(TooMany):
    message = f"You hold {MOST_OF_ONE} streams open already; end one of them, or read the list instead."


class Hub:
    """Who wants to miss nothing takes a ticket, looks, and then waits for the ticket.

    `most`: streams in all. `poll_seconds`: how long the ear listens at a time.
    """

    def __init__(self, ear: Ear, *, poll_seconds: float, most: int, rest_seconds: float = REST_SECONDS) -> None:
        self._ear, self._poll, self._most, self._rest = ear, poll_seconds, most, rest_seconds
        self._next = asyncio.Event()
        self._places = Counter[UserId]()
        self._count = 0
        self._task: asyncio.Task[None] | None = None
        self.is_closed = False

    @contextmanager
    def place(self, user_id: UserId) -> Iterator[None]:
        """Taken in the moment in which it is looked for: however many come at once get no more than there are."""
        if self._places[user_id] >= MOST_OF_ONE:
            raise TooManyStreamsOfYours
        if self._places.total() >= self._most:
            raise TooManyStreams
        self._places[user_id] += 1
        try:
            yield
        finally:
            self._places -= Counter([user_id])  # and of whom there is none, nothing is kept

    def ticket(self) -> asyncio.Event:
        return self._next

    async def heard(self, ticket: asyncio.Event, seconds: float) -> bool:
        """Whether it rang since the ticket was taken, or rings within so many seconds."""
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

    def close(self) -> None:
        """Streams end now, and those that are still opened as soon as they have begun."""
        self.is_closed = True
        self._ring()

    def _ring(self) -> None:
        rung, self._next = self._next, asyncio.Event()
        rung.set()

    async def _listen(self) -> None:
        try:
            while True:
                if await self._ear.heard(self._poll):
                    self._ring()
                    await asyncio.sleep(self._rest)
        finally:
            await self._ear.close()
