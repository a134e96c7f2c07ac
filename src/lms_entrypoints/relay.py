"""The relay makes tasks of events, and hands them on. Several may run, wherever they like."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from lms_domain.kernel import LmsError
from lms_domain.queues import QueueName
from lms_domain.tasks.model import Claimed, Lane, Task
from lms_domain.tasks.ports import Carrier
from lms_domain.tasks.use_cases import dispatch, free_held, plan
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import reach

EVENTS_AT_ONCE = 500
TASKS_AT_ONCE = 100  # of one queue: handing on takes 0.2 ms each, and meanwhile they are locked
FULL_SECONDS = 0.02  # until another look, when more is due than whoever works can take, or another relay hands it on
TIDY_SECONDS = 1.0
log = structlog.get_logger("lms.relay")


Observe = Callable[[int, int], None]  # how many events were planned, how many tasks handed on


def unobserved(_planned: int, _handed_on: int) -> None: ...


class Bell(Protocol):
    def ring(self) -> None:
        """Tell whoever listens that there is something to see; returns at once."""


class Ear(Protocol):
    async def heard(self, seconds: float, /) -> bool:
        """Whether something happened within so many seconds."""

    async def close(self) -> None: ...


class Relay:
    """`poll_seconds`: how long what nobody told of may wait. `queues`: those it serves. `news`: rung when the feed has
    more.
    """

    def __init__(
        self,
        run: Run,
        carrier: Carrier,
        ear: Ear,
        *,
        poll_seconds: float = 1.0,
        queues: Collection[QueueName] = tuple(QueueName),
        news: Bell | None = None,
        observe: Observe = unobserved,
    ) -> None:
        self._run, self._carrier, self._ear, self._news = run, carrier, ear, news
        self._observe = observe
        self._poll, self._queues = poll_seconds, queues
        self._tidied = 0.0
        self._last_lane: Lane | None = None
        self._is_alone = True  # nobody else was handing on when this one last did

    async def work(self, stop: asyncio.Event) -> None:
        stopping = asyncio.create_task(stop.wait())
        while not stop.is_set():
            pause = await self._pause_after_step()
            if pause:
                waiting = asyncio.create_task(self._wait(pause))
                await asyncio.wait({waiting, stopping}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                with suppress(asyncio.CancelledError):
                    await waiting
        await self._ear.close()

    async def step(self) -> int:
        """Killed at any line, this loses nothing: what was not noted is done again. How much there was to do."""
        planned = await self._run(plan, EVENTS_AT_ONCE)
        if planned:
            reach("relay.planned")
            if self._news:
                self._news.ring()
        claimed = await self._dispatch()
        self._is_alone = claimed.is_all
        self._observe(planned, len(claimed.tasks))
        return planned + len(claimed.tasks) + claimed.held

    async def free_held(self) -> int:
        """Tasks that wait for one which was done before it could see them; how many."""
        count = await self._free_some()
        while self._last_lane:
            count += await self._free_some()
        return count

    async def _free_some(self) -> int:
        """Of the lanes behind those that were looked at before."""
        freed = await self._run(free_held, self._last_lane)
        self._last_lane = freed.last
        return freed.count

    async def _dispatch(self) -> Claimed:
        rooms = {queue: min(room, TASKS_AT_ONCE) for queue, room in (await self._rooms()).items() if room > 0}
        if not rooms:
            return Claimed([])
        claimed = await self._run(dispatch, _Watched(self._carrier), rooms)
        if claimed.tasks:
            reach("relay.dispatched")
        return claimed

    async def _rooms(self) -> Mapping[QueueName, int]:
        rooms = await self._carrier.rooms()
        return {queue: room for queue, room in rooms.items() if queue in self._queues}

    async def _pause_after_step(self) -> float:
        """Seconds; 0: there may be more."""
        try:
            await self._tidy()
            if await self.step():
                return 0
            has_room = all(room > 0 for room in (await self._rooms()).values())
            return self._poll if has_room and self._is_alone else FULL_SECONDS
        except LmsError:
            return self._poll  # PostgreSQL or Redis is away: what happened waits in the database
        except Exception:
            log.exception("relay_step_failed")
            return self._poll

    async def _tidy(self) -> None:
        now = time.monotonic()
        if now - self._tidied > TIDY_SECONDS:
            self._tidied = now
            await self._free_some()

    async def _wait(self, seconds: float) -> None:
        if seconds == FULL_SECONDS:
            await asyncio.sleep(seconds)
        else:
            await self._ear.heard(seconds)


class _Watched:
    """A carrier, with the points where a test kills the relay."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self.rooms = carrier.rooms

    async def send(self, tasks: Sequence[Task], /) -> None:
        reach("relay.claimed")
        await self._carrier.send(tasks)
        reach("relay.sent")
