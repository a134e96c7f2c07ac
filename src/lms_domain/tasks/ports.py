"""What background work asks of the outside."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.feed.model import FeedEvent
from lms_domain.kernel import Event, Page, PageRequest, Ports, UserId
from lms_domain.queues import QueueName
from lms_domain.tasks.model import Claimed, Failure, Freed, Lane, Named, PlannedTask, Task
from lms_domain.tasks.views import DeadTask, Standing
from lms_domain.webhooks.ports import Deliveries


@dataclass(frozen=True, slots=True)
class Written:
    """An event of the outbox, and its place there."""

    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Begun:
    """`has_next`: another task of its lane is held by this one."""

    event: Event
    has_next: bool


class Outbox(Protocol):
    async def get(self, event_id: UUID, /) -> Event: ...
    async def unplanned(self, limit: int, /) -> list[Written]:
        """The oldest, held until the transaction ends; none while another one is planning."""

    async def planned(self, seqs: Sequence[int], /, *, now: datetime) -> None: ...
    async def purge(self, before: datetime, limit: int, /) -> int:
        """Forget events made before, of which nothing is left to do, and what was done about them; how many."""


class Tasks(Protocol):
    async def add(self, tasks: Sequence[PlannedTask], /, *, now: datetime) -> None:
        """Those that are there already stay as they are."""

    async def claim(self, rooms: Mapping[QueueName, int], /, *, now: datetime, until: datetime) -> Claimed:
        """Mark as sent what is due, by priority of its queue: of each no more than its room, or its window under way.
        Those that were set aside have as much again.

        Nobody else is given it before `until`. What must wait for an earlier one of its lane is held instead.
        """

    async def free_held(self, after: Lane | None, most: int, /, *, now: datetime) -> Freed:
        """The first of each lane with nothing in its way any more, though nobody told it: of so many lanes that have
        something held, behind one or from the first. What is freed is due from now on: lanes that have waited for
        longer are no nearer to their next than others.
        """

    async def take(self, task: Task, /, *, now: datetime, until: datetime) -> bool:
        """Whether this attempt is still to be made, and nobody else makes it; then nobody else does until then."""

    async def set_aside(self, task: Task, /, *, now: datetime) -> bool:
        """Of what was taken: hand it on again among the slow ones of its queue; whether it was not one of them."""

    async def keep(self, task: Task, /, *, until: datetime) -> None:
        """What was taken, until then."""

    async def begin(self, task: Task, /, *, now: datetime) -> Begun | None:
        """Mark it as done, by a transaction that is about to do it; None: there is nothing to be done by this attempt.

        Who asks at the same time waits for this transaction. Where the database loses the last moment before a crash,
        it may lose this one: the effect with the mark, so that it is done again.
        """

    async def finish(self, task: Task, /, *, now: datetime) -> bool:
        """Mark as done what was done elsewhere; whether it was still to be done."""

    async def free_next(self, task: Task, /, *, now: datetime) -> bool:
        """Of its lane, if it is out of the way, as `free_held` does; whether there was one.

        Behind one that is slow it is slow as well.
        """

    async def failed(self, task: Task, /) -> int | None:
        """How often it has failed, this time included; None: it is out of the way already."""

    async def postpone(self, task: Task, failure: Failure, /, *, now: datetime) -> None: ...
    async def revive(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int:
        """Dead ones, to be tried as if they were new; None: all of the queue. How many."""

    async def drop(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int: ...
    async def pause(self, queue: QueueName, by: UserId | None, /, *, now: datetime) -> bool:
        """Whether it was not paused before."""

    async def resume(self, queue: QueueName, /, *, now: datetime) -> bool: ...


class TaskLists(Protocol):
    async def standing(self) -> Standing: ...
    async def dead(self, queue: QueueName, paging: PageRequest, /) -> Page[DeadTask]:
        """The oldest first."""


class Feed(Protocol):
    async def append(self, events: Sequence[FeedEvent], /) -> None:
        """In their order, after everything that is there."""

    async def purge(self, before: datetime, limit: int, /) -> int: ...


class TaskPorts(Ports, Protocol):
    @property
    def outbox(self) -> Outbox: ...
    @property
    def tasks(self) -> Tasks: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def deliveries(self) -> Deliveries: ...


class TaskReads(Protocol):
    @property
    def task_lists(self) -> TaskLists: ...


class Carrier(Protocol):
    """Takes tasks to whoever performs them. May lose them, and may bring them more than once."""

    async def rooms(self) -> Mapping[QueueName, int]:
        """How many more of each queue it takes. Raises Unavailable."""

    async def send(self, tasks: Sequence[Task], /) -> None:
        """Raises Unavailable; some may have been sent all the same."""
