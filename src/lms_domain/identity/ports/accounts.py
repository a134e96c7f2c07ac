"""Accounts, and how their owners prove themselves by a password or a letter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.identity.lockout import ON_THIS_MACHINE, Line
from lms_domain.identity.model import Credential, User
from lms_domain.identity.sign_ins import SignIn
from lms_domain.identity.tickets import Purpose, Ticket, TicketId
from lms_domain.identity.views import KnownCredential
from lms_domain.kernel import Repository, Secret, UserId


class Users(Repository[User], Protocol):
    async def locked(self, id: UserId, /) -> User:
        """As `get`, and nobody else changes it until the transaction ends."""

    async def by_email(self, email: str, /) -> User | None:
        """Held until the transaction ends."""

    async def id_of(self, email: str, otherwise: UserId, /) -> UserId:
        """By the same work whether there is such an account or not."""

    async def signed_in(self, user_id: UserId, now: datetime, /) -> None:
        """Note when; this is no change of the account, so its version stays."""

    async def other_admins(self, user_id: UserId, /) -> int:
        """Admins but for this one who can sign in: who was invited and chose no password yet cannot. Nobody else counts
        them until the transaction ends.
        """


class Emails(Protocol):
    def normalized(self, address: str, /) -> str | None:
        """Case-folded, its domain in ASCII; None for what is no address, however long it is."""


class Passwords(Protocol):
    """Raises TooManyAtOnce when too many wait already: in all, or of one network. Strangers take no place of devices
    that are known.
    """

    async def hash(self, password: Secret, /, *, line: Line = ON_THIS_MACHINE) -> Secret: ...
    async def verify(self, password: Secret, hashed: Secret | None, /, *, line: Line = ON_THIS_MACHINE) -> bool:
        """A wrong one takes as long for an account that does not exist (`None`) as for one that does, also where its
        hash is of a lower cost than today's.
        """

    def is_outdated(self, hashed: Secret, /) -> bool:
        """Whether it would be made otherwise today, at another cost."""


class Credentials(Protocol):
    async def add(self, credential: Credential, /) -> None: ...
    async def set(self, user_id: UserId, password_hash: Secret, /, *, now: datetime) -> None: ...
    async def replace(self, user_id: UserId, known: Secret, new: Secret, /, *, now: datetime | None) -> bool:
        """Unless it is no longer `known`. `now`: when the password changed; None: it is the same, hashed anew."""

    async def auth_version(self, user_id: UserId, /) -> int: ...
    async def known(self, user_id: UserId, /) -> KnownCredential | None:
        """Of an active account."""

    async def outdate(self, user_id: UserId, /, *, now: datetime) -> int:
        """The next `auth_version`."""


class SignIns(Protocol):
    async def add(self, attempt: SignIn, /) -> None: ...


class Tickets(Repository[Ticket], Protocol):
    async def locked(self, id: TicketId, /) -> Ticket: ...
    async def count(self, user_id: UserId, purpose: Purpose, /, *, since: datetime) -> int: ...
    async def used(self, change_id: UUID, /) -> set[Purpose]:
        """Which of the tickets for one change of address were."""

    async def void(self, user_id: UserId, purposes: Sequence[Purpose], /, *, now: datetime) -> None: ...


class Links(Protocol):
    def of(self, ticket: Ticket, /) -> str: ...
    def open(self, purpose: Purpose, token: str, /) -> TicketId:
        """Raises LinkNotGood for what is no token of ours. OLD_EMAIL and NEW_EMAIL are one here."""

    def page(self, path: str = "", /) -> str:
        """Of the site that people use."""

    def absolute(self, address: str, /) -> str | None:
        """What somebody wrote without a host, as it is to be written outside of the site. None for what leads nowhere
        there: a place on the same page, or a host without a scheme, which looks like a page of the site.
        """

    def unsubscribe(self, user_id: UserId, what: str, /) -> str:
        """Where letters of a kind are turned off by whoever has one, for as long as our key is the same."""

    def unsubscriber(self, what: str, token: str, /) -> UserId:
        """Raises LinkNotGood for what is no token of ours, or for letters of another kind."""
