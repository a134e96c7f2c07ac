"""Kept answers, in memory."""

from datetime import datetime

from lms_adapters.memory.store import Store
from lms_domain.idempotency import Answer, Attempt


class MemoryAnswers:
    def __init__(self, store: Store) -> None:
        self._kept: dict[tuple[str, str], Answer] = store.setdefault("answers", {})

    async def begin(self, attempt: Attempt, /) -> Answer | None:
        return self._kept.get((attempt.scope, attempt.key))

    async def keep(self, attempt: Attempt, answer: Answer, /, *, now: datetime) -> None:  # noqa: ARG002
        self._kept[attempt.scope, attempt.key] = answer
