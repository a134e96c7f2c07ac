"""Who reacts to what. A reaction is a use case whose argument is an event."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from lms_domain.courses.events import CoursePublished, CourseRestored, ListingOutdated, SettingsChanged
from lms_domain.courses.use_cases.showing import mend_listing
from lms_domain.enrollments.events import CourseCompleted
from lms_domain.enrollments.use_cases import count_completion, leave_courses, seat_waiting
from lms_domain.identity.events import (
    ApiTokenRevoked,
    MfaDisabled,
    MfaEnabled,
    PasskeyAdded,
    PasskeyCopySuspected,
    PasskeyRemoved,
    PasswordChanged,
    RecoveryCodeUsed,
    RegistrationRepeated,
    ResetAsked,
    SessionEnded,
    TicketIssued,
    TokensOutdated,
    TotpRemoved,
    UserErased,
    VerificationAsked,
)
from lms_domain.identity.letters import (
    mfa_disabled,
    mfa_enabled,
    passkey_added,
    passkey_copied,
    passkey_removed,
    password_changed,
    recovery_code_used,
    registration_repeated,
    totp_removed,
    with_link,
)
from lms_domain.identity.use_cases import (
    issue_reset,
    issue_verification,
    refuse_api_token,
    refuse_older_tokens,
    refuse_session,
)
from lms_domain.kernel import Event, Ports
from lms_domain.mailing import Letter

Reaction = Callable[[Any, Any], Awaitable[None]]
Compose = Callable[[Any, Any], Awaitable[Letter | None]]
Kinds = Mapping[type[Event], object]

REACTIONS: dict[type[Event], list[Reaction]] = {
    ApiTokenRevoked: [refuse_api_token],
    ResetAsked: [issue_reset],
    VerificationAsked: [issue_verification],
    SessionEnded: [refuse_session],
    TokensOutdated: [refuse_older_tokens],
    CourseCompleted: [count_completion],
    CoursePublished: [seat_waiting],
    CourseRestored: [seat_waiting],
    ListingOutdated: [mend_listing],
    SettingsChanged: [seat_waiting],
    UserErased: [leave_courses],
}

# An event of which somebody is told by letter has no other reaction: the two are done apart, and a mail server that is
# away keeps nothing else waiting.
LETTERS: dict[type[Event], Compose] = {
    MfaDisabled: mfa_disabled,
    MfaEnabled: mfa_enabled,
    PasskeyAdded: passkey_added,
    PasskeyCopySuspected: passkey_copied,
    PasskeyRemoved: passkey_removed,
    PasswordChanged: password_changed,
    RecoveryCodeUsed: recovery_code_used,
    RegistrationRepeated: registration_repeated,
    TicketIssued: with_link,
    TotpRemoved: totp_removed,
}

BY_NAME: dict[str, Reaction] = {r.__name__: r for rs in REACTIONS.values() for r in rs}


@dataclass(frozen=True, slots=True)
class Claimed:
    """An event that waits for its reactions, and how often they have failed."""

    event: Event
    attempts: int


class Outbox(Protocol):
    async def get(self, event_id: UUID, /) -> Event: ...
    async def claim(self, kinds: Kinds, limit: int, /, *, now: datetime, until: datetime) -> list[Claimed]:
        """The oldest unsent events of these kinds that nobody holds; nobody else is given them before `until`."""

    async def sent(self, event_ids: Sequence[UUID], /, *, now: datetime) -> None: ...
    async def postpone(self, event_id: UUID, /, *, until: datetime | None, error: str) -> None:
        """Try again then; `None`: never again by itself."""


class Inbox(Protocol):
    async def has(self, event_id: UUID, reaction: str, /) -> bool: ...
    async def first_time(self, event_id: UUID, reaction: str, /) -> bool: ...


class ReactionPorts(Ports, Protocol):
    @property
    def outbox(self) -> Outbox: ...
    @property
    def inbox(self) -> Inbox: ...


LEASE = timedelta(seconds=60)  # what a killed relay had in hand is taken up again after this
POSTED = "letter"
ATTEMPTS = 10  # then an event waits for an operator


async def claim(ports: ReactionPorts, kinds: Kinds, limit: int) -> list[Claimed]:
    now = ports.clock.now()
    return await ports.outbox.claim(kinds, limit, now=now, until=now + LEASE)


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


async def letter_about(ports: ReactionPorts, event: Event) -> Letter | None:
    """None: it was sent, or need not be."""
    if await ports.inbox.has(event.id, POSTED):
        return None
    return await LETTERS[type(event)](ports, event)


async def posted(ports: ReactionPorts, event: Event) -> None:
    """A process that dies between sending and this sends the letter again, with the same id."""
    await ports.inbox.first_time(event.id, POSTED)


def is_awaited(event: Event) -> bool:
    """Whether anything follows from it."""
    return type(event) in REACTIONS or type(event) in LETTERS


def reactions_to(event: Event) -> list[str]:
    return [reaction.__name__ for reaction in REACTIONS.get(type(event), [])]
