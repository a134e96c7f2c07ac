"""What is answered about accounts, where that is not the entity itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from lms_domain.identity.api_tokens import ApiToken, ApiTokenId, Scope
from lms_domain.identity.model import Role, User
from lms_domain.identity.sign_ins import Outcome
from lms_domain.kernel import Actor, Secret, SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`expires_in`: seconds that the access token is good for."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a scheme, RFC 6750)
    expires_in: int
    device_token: str | None = None  # send it with the next sign-in; a refresh makes none


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaRequired:
    """The password was right; `POST /auth/mfa` with this and a code opens the session. `expires_in`: seconds."""

    mfa_required: Literal[True] = True
    challenge_token: str
    expires_in: int
    methods: tuple[Literal["totp", "recovery_code"], ...] = ("totp", "recovery_code")


@dataclass(frozen=True, slots=True, kw_only=True)
class ActingAs:
    """An access token that speaks for somebody else. There is no refresh token: it ends when it ends."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a scheme, RFC 6750)
    expires_in: int
    session_id: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaState:
    """What second factor an account has."""

    totp: bool
    totp_since: datetime | None
    recovery_codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTotp:
    """`secret`: in Base32. `account`: what an app calls it by."""

    account: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodes:
    """Shown here and never again; each is good once."""

    recovery_codes: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What an access token rests on: it is void when the session has ended, or the user's `auth_version` has risen."""

    user_id: UserId
    session_id: SessionId
    auth_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with the user it belongs to, for whoever makes its tokens. `admin`: who stands in."""

    session_id: SessionId
    user: User
    auth_version: int
    admin: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """What a good access token says. `expires_at`: seconds of the Unix epoch. `admin`: who stands in with it."""

    actor: Actor
    session_id: SessionId
    auth_version: int
    expires_at: int
    admin: Standing | None = None

    @property
    def rests_on(self) -> tuple[Standing, ...]:
        """An admin who stands in does so for as long as they are signed in themselves."""
        own = Standing(user_id=self.actor.id, session_id=self.session_id, auth_version=self.auth_version)
        return (own,) if self.admin is None else (own, self.admin)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """One of my sign-ins. `device` is guessed from the user agent."""

    id: SessionId
    device: str
    ip: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    by_admin: bool  # an admin stands in for me


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLine:
    """One attempt to sign in as me."""

    id: UUID
    outcome: Outcome
    device: str
    ip: str | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenLine:
    """`prefix`: the first characters of the token."""

    id: ApiTokenId
    user_id: UserId
    name: str
    prefix: str
    scopes: list[Scope]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None

    @classmethod
    def of(cls, token: ApiToken) -> Self:
        return cls(**{name: getattr(token, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiToken:
    """`token` is shown here and never again."""

    token: str
    api_token: ApiTokenLine


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownApiToken:
    """What a program that shows the token may do, as its owner is now."""

    id: ApiTokenId
    user_id: UserId
    roles: list[Role]
    auth_version: int
    scopes: list[Scope]
    networks: list[str]
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Revoked:
    """What was made void."""

    sessions: list[SessionId]
    versions: dict[UserId, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCredential:
    """What a password is held against."""

    user_id: UserId
    email: str
    full_name: str
    password_hash: Secret
    auth_version: int
    has_mfa: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """`is_complete`: both letters were answered, and the account has the new address."""

    email: str
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    search: str | None = None
    role: Role | None = None
    active: bool | None = None
