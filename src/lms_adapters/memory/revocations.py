"""Which access tokens are void, in the memory of one process."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from lms_domain.identity.views import Bearer, Revoked
from lms_domain.kernel import SessionId, UserId

Recall = Callable[[datetime], Awaitable[Revoked]]  # what was revoked since then
MOST = 100_000  # entries before those whose tokens are gone by now are swept out


async def nothing(_: datetime) -> Revoked:
    return Revoked(sessions=[], versions={})


class MemoryRevocations:
    """`token_minutes`: how long an access token lives, after which nobody need remember that it is void."""

    def __init__(self, recall: Recall = nothing, *, token_minutes: int = 15) -> None:
        self._recall, self._seconds = recall, token_minutes * 60
        self._sessions: dict[SessionId, float] = {}
        self._versions: dict[UserId, tuple[int, float]] = {}
        self._has_recalled = False

    async def end_session(self, session_id: SessionId, /) -> None:
        self._sweep()
        self._sessions[session_id] = self._until()

    async def outdate_tokens(self, user_id: UserId, auth_version: int, /) -> None:
        known, _ = self._versions.get(user_id, (0, 0.0))
        self._versions[user_id] = max(known, auth_version), self._until()

    async def are_told_of(self, bearer: Bearer, /) -> bool:
        if not self._has_recalled:
            await self._remember()
        version, _ = self._versions.get(bearer.actor.id, (0, 0.0))
        return bearer.session_id in self._sessions or bearer.auth_version < version

    async def _remember(self) -> None:
        """What the process before this one knew."""
        revoked = await self._recall(datetime.now(UTC) - timedelta(seconds=self._seconds))
        for session_id in revoked.sessions:
            await self.end_session(session_id)
        for user_id, version in revoked.versions.items():
            await self.outdate_tokens(user_id, version)
        self._has_recalled = True

    def _until(self) -> float:
        return time.monotonic() + self._seconds

    def _sweep(self) -> None:
        if len(self._sessions) + len(self._versions) >= MOST:
            now = time.monotonic()
            self._sessions = {id: until for id, until in self._sessions.items() if until > now}
            self._versions = {id: known for id, known in self._versions.items() if known[1] > now}
