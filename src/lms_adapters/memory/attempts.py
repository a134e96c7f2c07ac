"""Counted attempts in the memory of one process: for development."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lms_domain.identity.lockout import PLACE_SECONDS, Lock

MOST = 100_000  # locks before those that are forgotten are swept out


@dataclass(slots=True)
class Count:
    """Attempts under way and until when they count, failures, when it is open again, when it is forgotten."""

    under_way: int = 0
    until: float = 0
    failures: int = 0
    opens: float = 0
    ends: float = 0


class MemoryAttempts:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, Count] = {}

    async def begin(self, locks: Sequence[Lock], /) -> int:
        now = self._clock()
        counts = [self._of(lock, now) for lock in locks]
        wait = max(count.opens - now for count in counts)
        if wait > 0:
            return math.ceil(wait)
        if any(lock.at_once is not None and c.under_way >= lock.at_once for lock, c in zip(locks, counts, strict=True)):
            return 1
        for lock, count in zip(locks, counts, strict=True):
            count.under_way += 1
            count.until, count.ends = now + PLACE_SECONDS, now + lock.memory
        return 0

    async def fail(self, locks: Sequence[Lock], /) -> None:
        await self.release(locks)
        now = self._clock()
        for lock in locks:
            count = self._of(lock, now)
            count.failures += 1
            count.opens, count.ends = now + lock.wait_after(count.failures), now + lock.memory

    async def succeed(self, locks: Sequence[Lock], /) -> None:
        await self.release(locks)
        now = self._clock()
        for count in [self._of(lock, now) for lock in locks if lock.is_cleared]:
            count.failures, count.opens = 0, 0

    async def release(self, locks: Sequence[Lock], /) -> None:
        now = self._clock()
        for count in [self._of(lock, now) for lock in locks]:
            count.under_way = max(0, count.under_way - 1)

    def _of(self, lock: Lock, now: float) -> Count:
        if len(self._counts) >= MOST:
            self._counts = {key: count for key, count in self._counts.items() if count.ends > now}
        count = self._counts.get(lock.key)
        if count is None or count.ends <= now:
            count = self._counts[lock.key] = Count(ends=now + lock.memory)
        if count.until <= now:
            count.under_way = 0
        return count
