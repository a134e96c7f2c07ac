"""Outbox, tasks and feed, in memory."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import Store
from lms_domain.feed.model import FeedEvent
from lms_domain.kernel import Event, NotFound, UserId, new_id
from lms_domain.queues import QUEUES, QueueName
from lms_domain.reactions import is_awaited
from lms_domain.tasks.model import Claimed, Failure, Freed, Lane, Named, PlannedTask, Task, TaskState
from lms_domain.tasks.ports import Begun, Written

OPEN = {TaskState.WAITING, TaskState.SENT, TaskState.HELD}
ACTIVE = {TaskState.WAITING, TaskState.SENT}


class MemoryOutbox:
    def __init__(self, store: Store) -> None:
        self._all: dict[UUID, Written] = store.setdefault("outbox", {})
        self._unplanned: dict[int, UUID] = store.setdefault("unplanned events", {})
        self._tasks: dict[tuple[UUID, str], Kept] = store.setdefault("tasks", {})

    def put(self, events: Sequence[Event]) -> None:
        for event in events:
            seq = len(self._all) + 1
            self._all[event.id] = Written(seq, event)
            if is_awaited(event):
                self._unplanned[seq] = event.id

    async def get(self, event_id: UUID, /) -> Event:
        if event_id not in self._all:
            raise NotFound(event_id=event_id)
        return self._all[event_id].event

    async def unplanned(self, limit: int, /) -> list[Written]:
        return [self._all[id] for id in list(self._unplanned.values())[:limit]]

    async def planned(self, seqs: Sequence[int], /, *, now: datetime) -> None:  # noqa: ARG002 (the port's)
        for seq in seqs:
            del self._unplanned[seq]

    async def purge(self, before: datetime, limit: int, /) -> int:
        busy = {id for (id, _), kept in self._tasks.items() if kept.state in OPEN | {TaskState.DEAD}}
        busy |= set(self._unplanned.values())
        old = [id for id in self._all if id < new_id(before) and id not in busy][:limit]
        for id in old:
            self._all.pop(id)
            for key in [key for key in self._tasks if key[0] == id]:
                self._tasks.pop(key)
        return len(old)


@dataclass(slots=True)
class Kept:
    task: PlannedTask
    due_at: datetime
    state: TaskState = TaskState.WAITING
    taken_until: datetime | None = None
    attempts: int = 0
    error: str | None = None
    is_slow: bool = False

    @property
    def order(self) -> tuple[datetime, int]:
        return self.due_at, self.task.seq


class MemoryTasks:
    def __init__(self, store: Store) -> None:
        self._all: dict[tuple[UUID, str], Kept] = store.setdefault("tasks", {})
        self._paused: dict[QueueName, UserId | None] = store.setdefault("paused queues", {})
        self._events: dict[UUID, Written] = store.setdefault("outbox", {})

    async def add(self, tasks: Sequence[PlannedTask], /, *, now: datetime) -> None:
        for task in tasks:
            self._all.setdefault((task.subject_id, task.reaction), Kept(task, now + task.wait))

    async def claim(self, rooms: Mapping[QueueName, int], /, *, now: datetime, until: datetime) -> Claimed:
        claimed, held = list[Task](), 0
        for queue in sorted(rooms.keys() - self._paused.keys(), key=lambda name: QUEUES[name].priority):
            for is_slow in (False, True):
                ours = [kept for kept in self._all.values() if (kept.task.queue, kept.is_slow) == (queue, is_slow)]
                free = min(rooms[queue], QUEUES[queue].window - sum(_is_under_way(kept, now) for kept in ours))
                for kept in _due(ours, now)[: rooms[queue] if free > 0 else 0]:
                    if not self._may_go(kept, now):
                        kept.state, held = TaskState.HELD, held + 1
                    elif free > 0:
                        kept.state, kept.due_at, free = TaskState.SENT, until, free - 1
                        claimed.append(_message(kept))
        return Claimed(claimed, held)

    async def free_held(self, after: Lane | None, most: int, /, *, now: datetime) -> Freed:
        held = (kept for kept in self._all.values() if kept.state is TaskState.HELD)
        first = {_lane_of(kept): kept for kept in sorted(held, key=lambda kept: kept.task.seq, reverse=True)}
        seen = [lane for lane in sorted(first) if after is None or lane > after][:most]
        free = [first[lane] for lane in seen if self._is_free(first[lane])]
        for kept in free:
            kept.state, kept.due_at = TaskState.WAITING, max(kept.due_at, now)
        return Freed(len(free), seen[-1] if len(seen) == most else None)

    async def take(self, task: Task, /, *, now: datetime, until: datetime) -> bool:
        kept = self._active(task)
        if kept is None or _is_out_of_date(task, kept) or task.queue in self._paused or (kept.taken_until or now) > now:
            return False
        kept.taken_until, kept.due_at, kept.state = until, max(kept.due_at, until), TaskState.SENT
        return True

    async def set_aside(self, task: Task, /, *, now: datetime) -> bool:
        kept = self._active(task)
        if kept is None or kept.is_slow:
            return False
        kept.is_slow, kept.state, kept.due_at, kept.taken_until = True, TaskState.WAITING, now, None
        return True

    async def keep(self, task: Task, /, *, until: datetime) -> None:
        kept = self._active(task)
        if kept is not None:
            kept.taken_until = kept.due_at = until

    async def begin(self, task: Task, /, *, now: datetime) -> Begun | None:
        kept = self._active(task)
        if kept is None or _is_out_of_date(task, kept) or not await self.finish(task, now=now):
            return None
        return Begun(self._events[task.subject_id].event, has_next=any(self._lane(kept, {TaskState.HELD})))

    async def finish(self, task: Task, /, *, now: datetime) -> bool:  # noqa: ARG002 (the port's)
        kept = self._active(task)
        if kept is None or (kept.taken_until is None and task.queue in self._paused):
            return False
        kept.state, kept.error = TaskState.DONE, None
        return True

    async def free_next(self, task: Task, /, *, now: datetime) -> bool:
        mine = self._all[task.subject_id, task.reaction]
        if mine.task.lane is None or (mine.state in OPEN and mine.task.at_once is None):
            return False
        for kept in self._lane(mine, {TaskState.HELD}):
            kept.state, kept.due_at = TaskState.WAITING, max(kept.due_at, now)
            kept.is_slow |= mine.is_slow
            return True
        return False

    async def failed(self, task: Task, /) -> int | None:
        kept = self._active(task)
        if kept is None:
            return None
        kept.attempts += 1
        return kept.attempts

    async def postpone(self, task: Task, failure: Failure, /, *, now: datetime) -> None:  # noqa: ARG002 (the port's)
        kept = self._all[task.subject_id, task.reaction]
        kept.error, kept.taken_until = failure.error, None
        kept.state = TaskState.DEAD if failure.until is None else TaskState.WAITING
        kept.due_at = failure.until or kept.due_at

    async def revive(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int:
        chosen = self._chosen(queue, named)
        for kept in chosen:
            kept.state, kept.due_at, kept.attempts, kept.taken_until = TaskState.WAITING, now, 0, None
        return len(chosen)

    async def drop(self, queue: QueueName, named: Collection[Named] | None, /, *, now: datetime) -> int:  # noqa: ARG002
        chosen = self._chosen(queue, named)
        for kept in chosen:
            kept.state = TaskState.DROPPED
        return len(chosen)

    async def pause(self, queue: QueueName, by: UserId | None, /, *, now: datetime) -> bool:  # noqa: ARG002
        if queue in self._paused:
            return False
        self._paused[queue] = by
        return True

    async def resume(self, queue: QueueName, /, *, now: datetime) -> bool:
        if queue not in self._paused:
            return False
        del self._paused[queue]
        for kept in self._all.values():
            if kept.task.queue == queue and kept.state is TaskState.SENT and not (kept.taken_until or now) > now:
                kept.due_at = now
        return True

    def _active(self, task: Task) -> Kept | None:
        kept = self._all.get((task.subject_id, task.reaction))
        return kept if kept is not None and kept.state in ACTIVE else None

    def _lane(self, kept: Kept, states: set[TaskState]) -> Iterator[Kept]:
        of_lane = (
            other
            for other in self._all.values()
            if (other.task.reaction, other.task.lane) == (kept.task.reaction, kept.task.lane) and other.state in states
        )
        return iter(sorted(of_lane, key=lambda other: other.task.seq))

    def _may_go(self, kept: Kept, now: datetime) -> bool:
        if kept.task.lane is None:
            return True
        if kept.task.at_once is None:
            return next(self._lane(kept, OPEN)) is kept
        return sum(_is_under_way(other, now) for other in self._lane(kept, OPEN)) < kept.task.at_once

    def _is_free(self, kept: Kept) -> bool:
        if kept.task.at_once is None:
            return next(self._lane(kept, OPEN)) is kept
        return sum(1 for _ in self._lane(kept, {TaskState.SENT})) < kept.task.at_once

    def _chosen(self, queue: QueueName, named: Collection[Named] | None) -> list[Kept]:
        return [
            kept
            for key, kept in self._all.items()
            if kept.state is TaskState.DEAD and kept.task.queue == queue and (named is None or key in named)
        ]


class MemoryFeed:
    def __init__(self, store: Store) -> None:
        self._all: dict[int, FeedEvent] = store.setdefault("feed", {})

    async def append(self, events: Sequence[FeedEvent], /) -> None:
        for event in events:
            self._all[len(self._all) + 1] = event

    async def purge(self, before: datetime, limit: int, /) -> int:
        old = [position for position, event in self._all.items() if event.at < before and position < len(self._all)]
        for position in old[:limit]:
            del self._all[position]
        return len(old[:limit])


def _due(some: Sequence[Kept], now: datetime) -> list[Kept]:
    due = [kept for kept in some if kept.state in ACTIVE and kept.due_at <= now]
    return sorted(due, key=lambda kept: kept.order)


def _is_under_way(kept: Kept, now: datetime) -> bool:
    return kept.state is TaskState.SENT and kept.due_at > now


def _lane_of(kept: Kept) -> Lane:
    """Of what is held, which has one."""
    return Lane(kept.task.queue, kept.task.reaction, kept.task.lane or kept.task.subject_id)


def _is_out_of_date(task: Task, kept: Kept) -> bool:
    return task.attempt is not None and task.attempt != kept.attempts


def _message(kept: Kept) -> Task:
    task = kept.task
    return Task(
        subject_id=task.subject_id,
        reaction=task.reaction,
        queue=task.queue,
        attempt=kept.attempts,
        is_slow=kept.is_slow,
    )
