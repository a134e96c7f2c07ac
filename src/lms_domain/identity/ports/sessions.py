"""Who is signed in, and what shows it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.identity.api_tokens import ApiToken, ApiTokenId
from lms_domain.identity.model import Role
from lms_domain.identity.sessions import Ending, Session
from lms_domain.identity.views import Bearer, KnownApiToken, Standing
from lms_domain.kernel import Repository, SessionId, UserId


class AccessTokens(Protocol):
    @property
    def seconds(self) -> int:
        """How long a token is good for."""

    def issue(
        self,
        user_id: UserId,
        roles: Sequence[Role],
        session_id: SessionId,
        /,
        *,
        auth_version: int = 1,
        seconds: int | None = None,
        admin: Standing | None = None,
    ) -> str:
        """`seconds`: how long it is good for, where that is not as usual. `admin`: who stands in."""

    def successor(self, refresh_token: str, /) -> str:
        """The refresh token after this one: the same whenever it is asked for, and nobody else can tell it."""

    def public_keys(self) -> list[dict[str, str]]:
        """What others verify tokens with, as JSON Web Keys; none where that would take a secret."""

    def verify(self, token: str, /) -> Bearer:
        """Who the token speaks for. Raises Unauthenticated whatever is wrong with it."""


class Sessions(Repository[Session], Protocol):
    """What is found is held until the transaction ends."""

    async def locked(self, id: SessionId, /) -> Session: ...
    async def by_digest(self, digest: bytes, /) -> Session | None:
        """By its current refresh token."""

    async def by_spent(self, digest: bytes, /) -> Session | None:
        """By a refresh token that was used before."""

    async def spend(self, digest: bytes, session_id: SessionId, /) -> None: ...
    async def user_agents_before(self, session: Session, /) -> list[str]:
        """Of the same user's earlier sign-ins, each once; at most a hundred."""

    async def end_all(
        self, user_id: UserId, because: Ending, /, *, but: SessionId | None, now: datetime
    ) -> list[SessionId]:
        """Those that were alive until now."""

    async def end_oldest(self, user_id: UserId, /, *, keep: int, now: datetime) -> list[SessionId]:
        """All but the `keep` that were used last, of the user's own that are alive: there are too many."""


class ApiTokens(Repository[ApiToken], Protocol):
    async def locked(self, id: ApiTokenId, /) -> ApiToken: ...
    async def count(self, user_id: UserId, /, *, now: datetime) -> int:
        """Those that are good."""

    async def revoke_all(self, user_id: UserId, /, *, now: datetime) -> list[ApiTokenId]:
        """Those that were good until now."""

    async def use(self, digest: bytes, /, *, now: datetime) -> KnownApiToken | None:
        """Of an active account, and neither revoked nor expired; notes when it was used."""


class Seals(Protocol):
    """Tokens that name a row, and that nobody else can make."""

    def seal(self, purpose: str, id: UUID, /) -> str: ...
    def open(self, purpose: str, token: str, /) -> UUID | None: ...


class DeviceTokens(Protocol):
    """Show that somebody has signed in here before."""

    def issue(self, user_id: UserId, device_id: UUID, /) -> str: ...
    def read(self, user_id: UserId, token: str, /) -> UUID | None:
        """The device; None where the token is not good, or somebody else's."""
