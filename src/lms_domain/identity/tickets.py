"""What a link in a mail stands for: proof that its reader receives mail at an address. Good once, and not for long."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from lms_domain.identity import events
from lms_domain.kernel import Event, Invalid, Problem, UserId, new_id

TicketId = NewType("TicketId", UUID)

MOST_AN_HOUR = 5  # of one purpose for one account: nobody's mailbox is flooded by a stranger


class Purpose(StrEnum):
    PASSWORD_RESET = "password_reset"  # noqa: S105 (the name of a purpose)
    INVITATION = "invitation"  # as a reset, of a password that nobody knows
    EMAIL_VERIFICATION = "email_verification"
    OLD_EMAIL = "old_email"  # the address that is to be left
    NEW_EMAIL = "new_email"  # the one that is to take its place
    REGISTRATION = "registration"  # somebody else's, with this address; opens nothing, and is only counted


BOTH = (Purpose.OLD_EMAIL, Purpose.NEW_EMAIL)  # letters that a change of address wants answered

LIFE = {
    Purpose.PASSWORD_RESET: timedelta(minutes=30),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.EMAIL_VERIFICATION: timedelta(days=3),
    Purpose.OLD_EMAIL: timedelta(days=1),
    Purpose.NEW_EMAIL: timedelta(days=1),
    Purpose.REGISTRATION: timedelta(hours=1),
}


@dataclass(slots=True, kw_only=True)
class Ticket:
    """`email`: where it was sent, but of the two for a change of address both hold the new one.

    Its token is made with a key that the database does not have, so whoever reads the table can use no ticket.
    """

    id: TicketId
    user_id: UserId
    purpose: Purpose
    email: str
    change_id: UUID | None = None  # the other one for the same change has it too
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 1

    def must_be_good(self, now: datetime) -> None:
        if self.used_at is not None or now >= self.expires_at:
            raise LinkNotGood

    def issued(self) -> Iterator[Event]:
        yield events.TicketIssued(
            at=self.created_at, user_id=self.user_id, ticket_id=self.id, purpose=self.purpose.value
        )


class LinkNotGood(Invalid):
    message = "This link was used before, has expired, or what it was for has changed since; ask for another."

    def __init__(self) -> None:
        super().__init__(Problem("token", "the token of a link that is still good"))


def new_ticket(
    user_id: UserId, purpose: Purpose, email: str, *, now: datetime, change_id: UUID | None = None
) -> Ticket:
    return Ticket(
        id=TicketId(new_id()),
        user_id=user_id,
        purpose=purpose,
        email=email,
        change_id=change_id,
        created_at=now,
        expires_at=now + LIFE[purpose],
    )
