"""What queries of identity ask of the outside."""

from datetime import datetime
from typing import Protocol

from lms_domain.identity.erasure import PersonalData
from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.model import User
from lms_domain.identity.tickets import TicketId
from lms_domain.identity.views import (
    ApiTokenLine,
    KnownCredential,
    MfaState,
    PasskeyLine,
    Revoked,
    SessionLine,
    SignInLine,
    UserFilter,
)
from lms_domain.kernel import Page, PageRequest, SessionId, UserId
from lms_domain.policies import Policies


class Accounts(Protocol):
    async def of(self, user_id: UserId, /) -> User: ...
    async def credential(self, email: str, /) -> KnownCredential | None:
        """Of an active account."""

    async def credential_of(self, user_id: UserId, /) -> KnownCredential | None: ...
    async def challenged(self, challenge_id: ChallengeId, /) -> UserId | None: ...
    async def mfa(self, user_id: UserId, /) -> MfaState: ...
    async def passkeys(self, user_id: UserId, /) -> list[PasskeyLine]:
        """The oldest first."""

    async def passkey_owner(self, credential_id: bytes, /) -> UserId | None: ...
    async def ticket_holder(self, ticket_id: TicketId, /) -> User | None: ...
    async def any(self) -> bool: ...
    async def first_admin(self) -> User | None: ...
    async def by_email(self, email: str, /) -> User | None: ...
    async def page(self, wanted: UserFilter, paging: PageRequest, /) -> Page[User]: ...
    async def sessions(
        self, user_id: UserId, paging: PageRequest, /, *, current: SessionId | None
    ) -> Page[SessionLine]:
        """Those alive, the one used last first."""

    async def api_tokens(self, user_id: UserId, paging: PageRequest, /) -> Page[ApiTokenLine]:
        """Those that are good, the newest first."""

    async def sign_ins(self, user_id: UserId, paging: PageRequest, /) -> Page[SignInLine]:
        """The newest first."""

    async def revoked_since(self, moment: datetime, /) -> Revoked: ...


class IdentityReads(Protocol):
    @property
    def accounts(self) -> Accounts: ...
    @property
    def personal_data(self) -> PersonalData: ...
    @property
    def policies(self) -> Policies: ...
