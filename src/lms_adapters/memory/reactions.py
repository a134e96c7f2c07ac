"""Outbox, inbox and kept answers, in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import Store
from lms_domain.idempotency import Answer, Attempt
from lms_domain.kernel import Event, NotFound
from lms_domain.reactions import Claimed, Kinds, is_awaited


class MemoryOutbox:
    def __init__(self, store: Store) -> None:
        self._all: dict[UUID, Event] = store.setdefault("events", {})
        self._unsent: dict[UUID, int] = store.setdefault("unsent events", {})  # to failed attempts
        self._retry_at: dict[UUID, datetime | None] = store.setdefault("postponed events", {})

    def put(self, events: Sequence[Event]) -> None:
        for event in events:
            self._all[event.id] = event
            if is_awaited(event):
                self._unsent[event.id] = 0

    async def get(self, event_id: UUID, /) -> Event:
        if event_id not in self._all:
            raise NotFound(event_id=event_id)
        return self._all[event_id]

    async def claim(self, kinds: Kinds, limit: int, /, *, now: datetime, until: datetime) -> list[Claimed]:
        due = [id for id in self._unsent if id not in self._retry_at or ((at := self._retry_at[id]) and at <= now)]
        free = [id for id in due if type(self._all[id]) in kinds][:limit]
        self._retry_at.update(dict.fromkeys(free, until))
        return [Claimed(self._all[id], self._unsent[id]) for id in free]

    async def sent(self, event_ids: Sequence[UUID], /, *, now: datetime) -> None:  # noqa: ARG002 (the port's)
        for event_id in event_ids:
            self._unsent.pop(event_id, None)

    async def postpone(self, event_id: UUID, /, *, until: datetime | None, error: str) -> None:  # noqa: ARG002
        self._unsent[event_id] += 1
        self._retry_at[event_id] = until


class MemoryInbox:
    def __init__(self, store: Store) -> None:
        self._seen: dict[tuple[UUID, str], bool] = store.setdefault("inbox", {})

    async def has(self, event_id: UUID, reaction: str, /) -> bool:
        return (event_id, reaction) in self._seen

    async def first_time(self, event_id: UUID, reaction: str, /) -> bool:
        if (event_id, reaction) in self._seen:
            return False
        self._seen[event_id, reaction] = True
        return True


class MemoryAnswers:
    def __init__(self, store: Store) -> None:
        self._kept: dict[tuple[str, str], Answer] = store.setdefault("answers", {})

    async def begin(self, attempt: Attempt, /) -> Answer | None:
        return self._kept.get((attempt.scope, attempt.key))

    async def keep(self, attempt: Attempt, answer: Answer, /, *, now: datetime) -> None:  # noqa: ARG002
        self._kept[attempt.scope, attempt.key] = answer
