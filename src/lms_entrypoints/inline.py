"""Tasks performed in this process, after the commit: the same relay and the same work, and no Redis between them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from lms_domain.queues import QUEUES, QueueName
from lms_domain.tasks.model import Task
from lms_entrypoints.relay import Relay
from lms_entrypoints.running import running
from lms_entrypoints.work import Work

AT_ONCE = 5  # of one queue: none of them keeps the connections of the pool to itself
MOST = 100  # of one whose tasks do not need them while they wait


class Inline:
    """A carrier that goes no further than this process."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._in_hand: dict[asyncio.Task[None], QueueName] = {}

    async def rooms(self) -> Mapping[QueueName, int]:
        busy = Counter(self._in_hand.values())
        return {name: (MOST if queue.waits_outside else AT_ONCE) - busy[name] for name, queue in QUEUES.items()}

    async def send(self, tasks: Sequence[Task], /) -> None:
        for task in tasks:
            await self.begin(task)

    async def begin(self, task: Task) -> None:
        """It is performed while others are."""
        performing = asyncio.create_task(self._work.perform(task))
        self._in_hand[performing] = task.queue
        performing.add_done_callback(self._in_hand.pop)

    async def settled(self) -> None:
        """Once nothing is in hand."""
        while self._in_hand:
            await asyncio.wait(list(self._in_hand))


class Background:
    """Everything that happens behind the back of requests, in this process."""

    def __init__(self, relay: Relay, inline: Inline) -> None:
        self._relay, self._inline = relay, inline

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Until the block ends; what is in hand is finished first."""
        async with running(self._relay.work):
            yield
        await self._inline.settled()

    async def drain(self) -> int:
        """Until nothing is due; how many steps of events and tasks it took."""
        total = 0
        while True:
            handled = await self._relay.step()
            await self._inline.settled()
            if not handled and not await self._relay.free_held():
                return total
            total += handled
