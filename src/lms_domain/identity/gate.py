"""What is asked of every request first, in one question: is its token void, and were there too many lately?"""

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lms_domain.identity.views import Bearer, Revoked
from lms_domain.kernel import SessionId, UserId

Recall = Callable[[datetime], Awaitable[Revoked]]  # what was revoked since then


@dataclass(frozen=True, slots=True)
class Bucket:
    """Holds `capacity` tokens, takes `seconds` to fill from empty, and gives one to each request."""

    key: str
    capacity: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Level:
    """What is left in the emptiest bucket. `reset`: seconds until it is full; `wait`: until it has one token more."""

    limit: int
    remaining: int
    reset: int
    wait: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """`admitted`: every bucket had a token. `level` is None where there was no bucket, or none was asked about."""

    revoked: bool
    admitted: bool
    level: Level | None


VOID = Verdict(revoked=True, admitted=False, level=None)


class Gate(Protocol):
    """Raises Unavailable when it cannot be known."""

    async def ask(self, bearer: Bearer | None, buckets: Sequence[Bucket], /) -> Verdict:
        """Take one token of each bucket, or none of any. For a bearer whose token is void no bucket is looked at."""

    async def end_session(self, session_id: SessionId, /) -> None:
        """Its tokens are void from now on."""

    async def outdate_tokens(self, user_id: UserId, auth_version: int, /) -> None:
        """The user's tokens of an older version are void from now on."""


def emptiest(buckets: Sequence[Bucket], left: Sequence[float]) -> Level | None:
    if not buckets:
        return None
    bucket, tokens = min(zip(buckets, left, strict=True), key=lambda each: each[1] / each[0].capacity)
    pace = bucket.seconds / bucket.capacity  # seconds a token
    return Level(
        limit=bucket.capacity,
        remaining=max(0, math.floor(tokens)),
        reset=math.ceil((bucket.capacity - tokens) * pace),
        wait=max(1, math.ceil((1 - tokens) * pace)),
    )
