"""The gate in the memory of one process: for development, and for what may go on while Redis is away."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from lms_domain.identity.gate import VOID, Bucket, Level, Recall, Verdict, emptiest
from lms_domain.identity.views import Bearer, Revoked
from lms_domain.kernel import SessionId, UserId

K = TypeVar("K")
V = TypeVar("V")
MOST = 100_000  # entries of a kind before those that say nothing any more are swept out


async def nothing(_: datetime) -> Revoked:
    return Revoked(sessions=[], versions={})


class MemoryGate:
    """`token_minutes`: how long an access token lives, after which nobody need remember that it is void."""

    def __init__(
        self,
        recall: Recall = nothing,
        *,
        token_minutes: int = 15,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recall, self._life, self._clock = recall, token_minutes * 60, clock
        self._sessions: dict[SessionId, float] = {}  # until when it matters
        self._versions: dict[UserId, tuple[int, float]] = {}
        self._buckets: dict[str, tuple[float, float, float]] = {}  # tokens, when that was so, when it is full again
        self._has_recalled = False

    async def ask(self, bearer: Bearer | None, buckets: Sequence[Bucket], /) -> Verdict:
        if not self._has_recalled and bearer is not None:
            await self._remember()
        if bearer is not None and self._is_void(bearer):
            return VOID
        admitted, level = self._take(buckets)
        return Verdict(revoked=False, admitted=admitted, level=level)

    async def end_session(self, session_id: SessionId, /) -> None:
        self._sessions = self._swept(self._sessions, lambda until: until)
        self._sessions[session_id] = self._clock() + self._life

    async def outdate_tokens(self, user_id: UserId, auth_version: int, /) -> None:
        self._versions = self._swept(self._versions, lambda known: known[1])
        known, _ = self._versions.get(user_id, (0, 0.0))
        self._versions[user_id] = max(known, auth_version), self._clock() + self._life

    def _is_void(self, bearer: Bearer) -> bool:
        return any(
            each.session_id in self._sessions or each.auth_version < self._versions.get(each.user_id, (0, 0.0))[0]
            for each in bearer.rests_on
        )

    def _take(self, buckets: Sequence[Bucket]) -> tuple[bool, Level | None]:
        now = self._clock()
        found = [self._tokens(bucket, now) for bucket in buckets]
        admitted = all(tokens >= 1 for tokens in found)
        for bucket, tokens in zip(buckets, found, strict=True):
            left = tokens - 1 if admitted else tokens
            full = now + (bucket.capacity - left) * bucket.seconds / bucket.capacity
            self._buckets[bucket.key] = left, now, full
        if len(self._buckets) >= MOST:
            self._buckets = self._swept(self._buckets, lambda kept: kept[2])
        return admitted, emptiest(buckets, [self._buckets[bucket.key][0] for bucket in buckets])

    def _tokens(self, bucket: Bucket, now: float) -> float:
        tokens, since, _ = self._buckets.get(bucket.key, (bucket.capacity, now, now))
        return min(bucket.capacity, tokens + (now - since) * bucket.capacity / bucket.seconds)

    async def _remember(self) -> None:
        """What the process before this one knew."""
        revoked = await self._recall(datetime.now(UTC) - timedelta(seconds=self._life))
        for session_id in revoked.sessions:
            await self.end_session(session_id)
        for user_id, version in revoked.versions.items():
            await self.outdate_tokens(user_id, version)
        self._has_recalled = True

    def _swept(self, entries: dict[K, V], until: Callable[[V], float]) -> dict[K, V]:
        if len(entries) < MOST:
            return entries
        now = self._clock()
        return {key: entry for key, entry in entries.items() if until(entry) > now}
