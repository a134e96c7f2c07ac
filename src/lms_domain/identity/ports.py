"""What identity asks of the outside."""

from datetime import datetime
from typing import Protocol

from lms_domain.identity.model import Credential, Role, Session, SessionId, User
from lms_domain.identity.views import KnownCredential, UserFilter
from lms_domain.kernel import Actor, Page, PageRequest, Ports, Repository, Secret, UserId


class AccessTokens(Protocol):
    @property
    def seconds(self) -> int:
        """How long a token is good for."""

    def issue(self, user_id: UserId, roles: list[Role], session_id: SessionId, /) -> str: ...
    def verify(self, token: str, /) -> Actor:
        """Who the token speaks for. Raises Unauthenticated whatever is wrong with it."""


class Passwords(Protocol):
    async def hash(self, password: Secret, /) -> Secret: ...
    async def verify(self, password: Secret, hashed: Secret | None, /) -> bool:
        """Takes as long for an account that does not exist (`None`) as for one that does."""


class Emails(Protocol):
    def normalized(self, address: str, /) -> str | None:
        """Case-folded, its domain in ASCII; None for what is no address, however long it is."""


class Users(Repository[User], Protocol):
    async def locked(self, id: UserId, /) -> User:
        """As `get`, and nobody else changes it until the transaction ends."""

    async def by_email(self, email: str, /) -> User | None:
        """Held until the transaction ends."""

    async def signed_in(self, user_id: UserId, now: datetime, /) -> None:
        """Note when; this is no change of the account, so its version stays."""

    async def other_admins(self, user_id: UserId, /) -> int:
        """Active admins but for this one; nobody else counts them until the transaction ends."""


class Credentials(Protocol):
    async def add(self, credential: Credential, /) -> None: ...


class Sessions(Repository[Session], Protocol):
    async def by_digest(self, digest: bytes, /) -> Session | None:
        """Held until the transaction ends."""


class IdentityPorts(Ports, Protocol):
    @property
    def users(self) -> Users: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def sessions(self) -> Sessions: ...


class Accounts(Protocol):
    async def of(self, user_id: UserId, /) -> User: ...
    async def credential(self, email: str, /) -> KnownCredential | None:
        """Of an active account."""

    async def any(self) -> bool: ...
    async def first_admin(self) -> User | None: ...
    async def by_email(self, email: str, /) -> User | None: ...
    async def page(self, wanted: UserFilter, paging: PageRequest, /) -> Page[User]: ...


class IdentityReads(Protocol):
    @property
    def accounts(self) -> Accounts: ...
