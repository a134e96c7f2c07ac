"""What identity asks of the outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.identity.api_tokens import ApiToken, ApiTokenId
from lms_domain.identity.erasure import Erasures, PersonalData
from lms_domain.identity.gate import Gate
from lms_domain.identity.mfa import Authenticator, Challenge, ChallengeId, Totp
from lms_domain.identity.model import Credential, Role, User
from lms_domain.identity.passkeys import Passkey, PasskeyId
from lms_domain.identity.sessions import Ending, Session
from lms_domain.identity.sign_ins import SignIn
from lms_domain.identity.tickets import Purpose, Ticket, TicketId
from lms_domain.identity.views import (
    ApiTokenLine,
    Bearer,
    KnownApiToken,
    KnownCredential,
    Method,
    MfaState,
    PasskeyLine,
    Revoked,
    SessionLine,
    SignInLine,
    Standing,
    UserFilter,
)
from lms_domain.identity.webauthn import RelyingParty
from lms_domain.kernel import Page, PageRequest, Ports, Repository, Secret, SessionId, UserId
from lms_domain.policies import Policies


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


class Challenges(Repository[Challenge], Protocol):
    """Whoever answers one, or makes them void, holds its user."""

    async def locked(self, id: ChallengeId, /) -> Challenge: ...
    async def void(self, user_id: UserId, /, *, now: datetime) -> None:
        """Those that were not answered yet."""


class SecondFactors(Protocol):
    """Whoever changes one holds its user."""

    async def is_on(self, user_id: UserId, /) -> bool:
        """An app that is confirmed, or a passkey."""

    async def methods(self, user_id: UserId, /) -> list[Method]:
        """What it can be proved with."""

    async def remove_totp(self, user_id: UserId, /) -> bool:
        """Whether it was confirmed."""

    async def totp(self, user_id: UserId, /) -> Totp | None:
        """Confirmed or not."""

    async def put_totp(self, totp: Totp, /) -> None: ...
    async def replace_recovery_codes(self, user_id: UserId, digests: Sequence[bytes], /) -> None: ...
    async def use_recovery_code(self, user_id: UserId, digest: bytes, /, *, now: datetime) -> bool:
        """Whether it was one, and is used now."""

    async def remove(self, user_id: UserId, /) -> bool:
        """All of them, and the recovery codes. Whether it was on."""


class Passkeys(Repository[Passkey], Protocol):
    """Whoever changes one holds its user. `add` raises PasskeyTaken."""

    async def of(self, user_id: UserId, /) -> list[Passkey]:
        """The oldest first."""

    async def by_credential(self, credential_id: bytes, /) -> Passkey | None: ...
    async def used(self, passkey: Passkey, /) -> None:
        """Note when, and what its device says of itself; this is no change of the owner's, so its version stays."""

    async def remove(self, id: PasskeyId, /) -> None: ...
    async def spend(self, options_id: UUID, /, *, until: datetime, now: datetime) -> bool:
        """Whether these options were not used before; of several at once, one is told so."""


class Seals(Protocol):
    """Tokens that name a row, and that nobody else can make."""

    def seal(self, purpose: str, id: UUID, /) -> str: ...
    def open(self, purpose: str, token: str, /) -> UUID | None: ...


class DeviceTokens(Protocol):
    """Show that somebody has signed in here before."""

    def issue(self, user_id: UserId, device_id: UUID, /) -> str: ...
    def read(self, user_id: UserId, token: str, /) -> UUID | None:
        """The device; None where the token is not good, or somebody else's."""


class Passwords(Protocol):
    """Raises TooManyAtOnce when too many wait already."""

    async def hash(self, password: Secret, /) -> Secret: ...
    async def verify(self, password: Secret, hashed: Secret | None, /) -> bool:
        """Takes as long for an account that does not exist (`None`) as for one that does."""

    def is_outdated(self, hashed: Secret, /) -> bool:
        """Whether it would be made otherwise today, at another cost."""


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
        """Admins but for this one who can sign in: who was invited and chose no password yet cannot. Nobody else counts
        them until the transaction ends.
        """


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


class Tickets(Repository[Ticket], Protocol):
    async def locked(self, id: TicketId, /) -> Ticket: ...
    async def count(self, user_id: UserId, purpose: Purpose, /, *, since: datetime) -> int: ...
    async def unused(self, change_id: UUID, /) -> int:
        """How many of the tickets for one change of address wait to be used."""

    async def void(self, user_id: UserId, purposes: Sequence[Purpose], /, *, now: datetime) -> None: ...


class SignIns(Protocol):
    async def add(self, attempt: SignIn, /) -> None: ...


class Links(Protocol):
    def of(self, ticket: Ticket, /) -> str: ...
    def open(self, purpose: Purpose, token: str, /) -> TicketId:
        """Raises LinkNotGood for what is no token of ours. OLD_EMAIL and NEW_EMAIL are one here."""

    def page(self, path: str = "", /) -> str:
        """Of the site that people use."""

    def unsubscribe(self, user_id: UserId, what: str, /) -> str:
        """Where letters of a kind are turned off by whoever has one, for as long as our key is the same."""

    def unsubscriber(self, what: str, token: str, /) -> UserId:
        """Raises LinkNotGood for what is no token of ours, or for letters of another kind."""


class ApiTokens(Repository[ApiToken], Protocol):
    async def locked(self, id: ApiTokenId, /) -> ApiToken: ...
    async def count(self, user_id: UserId, /, *, now: datetime) -> int:
        """Those that are good."""

    async def revoke_all(self, user_id: UserId, /, *, now: datetime) -> list[ApiTokenId]:
        """Those that were good until now."""

    async def use(self, digest: bytes, /, *, now: datetime) -> KnownApiToken | None:
        """Of an active account, and neither revoked nor expired; notes when it was used."""


class IdentityPorts(Ports, Protocol):
    @property
    def users(self) -> Users: ...
    @property
    def credentials(self) -> Credentials: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def api_tokens(self) -> ApiTokens: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def erasures(self) -> Erasures: ...
    @property
    def sign_ins(self) -> SignIns: ...
    @property
    def challenges(self) -> Challenges: ...
    @property
    def second_factors(self) -> SecondFactors: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def authenticator(self) -> Authenticator: ...
    @property
    def policies(self) -> Policies: ...
    @property
    def relying_party(self) -> RelyingParty: ...
    @property
    def seals(self) -> Seals: ...
    @property
    def links(self) -> Links: ...
    @property
    def gate(self) -> Gate: ...


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
