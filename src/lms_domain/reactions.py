"""Who reacts to what. A reaction is a use case whose argument is an event."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from lms_domain.courses.events import CoursePublished, CourseRestored, ListingOutdated, SettingsChanged
from lms_domain.courses.use_cases.showing import mend_listing
from lms_domain.enrollments.events import CourseCompleted
from lms_domain.enrollments.use_cases import count_completion, seat_waiting
from lms_domain.identity.events import ApiTokenRevoked, SessionEnded, TokensOutdated
from lms_domain.identity.use_cases import refuse_api_token, refuse_older_tokens, refuse_session
from lms_domain.kernel import Event, Ports

Reaction = Callable[[Any, Any], Awaitable[None]]

REACTIONS: dict[type[Event], list[Reaction]] = {
    ApiTokenRevoked: [refuse_api_token],
    SessionEnded: [refuse_session],
    TokensOutdated: [refuse_older_tokens],
    CourseCompleted: [count_completion],
    CoursePublished: [seat_waiting],
    CourseRestored: [seat_waiting],
    ListingOutdated: [mend_listing],
    SettingsChanged: [seat_waiting],
}

BY_NAME: dict[str, Reaction] = {r.__name__: r for rs in REACTIONS.values() for r in rs}


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that waits for its reactions, and how often they have failed."""

    event: Event
    attempts: int


class Outbox(Protocol):
    async def get(self, event_id: UUID, /) -> Event: ...
    async def claim(self, limit: int, /, *, now: datetime, until: datetime) -> list[Claimed]:
        """The oldest unsent events that nobody holds; nobody else is given them before `until`."""

    async def sent(self, event_ids: Sequence[UUID], /, *, now: datetime) -> None: ...
    async def postpone(self, event_id: UUID, /, *, until: datetime | None, error: str) -> None:
        """Try again then; `None`: never again by itself."""


class Inbox(Protocol):
    async def first_time(self, event_id: UUID, reaction: str, /) -> bool: ...


class ReactionPorts(Ports, Protocol):
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...


LEASE = timedelta(seconds=60)  # what a killed relay had in hand is taken up again after this
ATTEMPTS = 10  # then an event waits for an operator


async def claim(ports: ReactionPorts, limit: int) -> list[Claimed]:
    now = ports.clock.now()
    return await ports.outbox.claim(limit, now=now, until=now + LEASE)


async def finish(ports: ReactionPorts, event_ids: Sequence[UUID]) -> None:
    await ports.outbox.sent(event_ids, now=ports.clock.now())


async def postpone(ports: ReactionPorts, item: Claimed, error: str) -> None:
    """Again after 1, 2, 4, ... seconds, until the attempts are used up."""
    last = item.attempts + 1 >= ATTEMPTS
    until = None if last else ports.clock.now() + timedelta(seconds=2**item.attempts)
    await ports.outbox.postpone(item.event.id, until=until, error=error)


async def react(ports: ReactionPorts, event: Event, reaction: str) -> bool:
    """Delivered at least once, done exactly once: inbox and effect commit together."""
    if not await ports.inbox.first_time(event.id, reaction):
        return False
    await BY_NAME[reaction](ports, event)
    return True


def reactions_to(event: Event) -> list[str]:
    return [reaction.__name__ for reaction in REACTIONS.get(type(event), [])]
