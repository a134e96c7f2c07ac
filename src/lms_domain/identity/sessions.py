"""Where somebody is signed in. Each sign-in is a session; its refresh token is replaced with every use."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from lms_domain.identity import events
from lms_domain.identity.errors import SessionEnded
from lms_domain.kernel import Event, SessionId, UserId

# A client whose answer got lost asks again at once; a thief comes later.
GRACE = timedelta(seconds=10)
MOST_SESSIONS = 100  # of one user at a time: one more ends the one that was used longest ago


class Ending(StrEnum):
    """Why a session ended."""

    SIGNED_OUT = "signed_out"
    REVOKED = "revoked"
    REUSED = "refresh_token_reused"
    CLOSED = "account_closed"
    TOO_MANY = "too_many_sessions"
    PASSWORD = "password_changed"  # noqa: S105 (a reason)


@dataclass(slots=True, kw_only=True)
class Session:
    """Of refresh tokens only the SHA-256 is known: of the current one here, of those before it beside this."""

    id: SessionId
    user_id: UserId
    refresh_digest: bytes
    previous_digest: bytes | None = None
    rotated_at: datetime | None = None
    user_agent: str = ""
    ip: str | None = None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    acting_admin_id: UserId | None = None  # an admin who stands in for the user
    second_factor_at: datetime | None = None  # when it was proved last
    revoked_at: datetime | None = None
    ended_because: Ending | None = None
    version: int = 1

    def seconds_left(self, now: datetime) -> int:
        return max(0, int((self.expires_at - now).total_seconds()))

    def must_be_alive(self, now: datetime) -> None:
        if self.revoked_at is not None or now >= self.expires_at:
            raise SessionEnded

    def rotate(self, digest: bytes, *, until: datetime, now: datetime) -> Iterator[Event]:
        self.must_be_alive(now)
        if until <= now:
            raise SessionEnded
        self.previous_digest, self.refresh_digest, self.rotated_at = self.refresh_digest, digest, now
        self.last_used_at, self.expires_at = now, until
        yield events.SessionRefreshed(at=now, user_id=self.user_id, session_id=self.id)

    def shorten(self, *, until: datetime, now: datetime) -> None:
        """Where less is left than it was given."""
        self.expires_at = min(self.expires_at, until)
        self.must_be_alive(now)

    def forgives(self, digest: bytes, new_digest: bytes, *, now: datetime) -> bool:
        """Whether this is the last refresh, sent again: it gets the tokens whose digests are known already."""
        is_last = (digest, new_digest) == (self.previous_digest, self.refresh_digest)
        return is_last and self.rotated_at is not None and now - self.rotated_at <= GRACE

    def end(self, because: Ending, *, now: datetime) -> Iterator[Event]:
        if self.revoked_at is None:
            self.revoked_at, self.ended_because = now, because
            yield events.SessionEnded(at=now, user_id=self.user_id, session_id=self.id, because=because.value)
