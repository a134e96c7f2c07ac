"""What is answered about accounts, where that is not the entity itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from lms_domain.identity.api_tokens import ApiToken, ApiTokenId, Scope
from lms_domain.identity.model import Role, User
from lms_domain.identity.passkeys import Passkey, PasskeyId
from lms_domain.identity.sign_ins import Outcome
from lms_domain.kernel import Actor, OrganizationId, Secret, SessionId, UserId
from lms_domain.policies import Held

Method = Literal["totp", "passkey", "recovery_code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`expires_in`: seconds that the access token is good for."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a scheme, RFC 6750)
    expires_in: int
    device_token: str | None = None  # send it with the next sign-in; a refresh makes none
    mfa_required_by: datetime | None = None  # from then on a second factor is asked for: set one up
    recovery_codes: list[str] | None = None  # where this sign-in has set it up; shown here and never again


@dataclass(frozen=True, slots=True, kw_only=True)
class MfaRequired:
    """The password was right; `POST /auth/mfa` with this, and a code or a passkey, opens the session. `expires_in`:
    seconds.

    `setup`: there is no second factor, and a policy asks for one: first `POST /auth/mfa/setup`.
    """

    mfa_required: Literal[True] = True
    challenge_token: str
    expires_in: int
    methods: list[Method]
    setup: bool = False


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
    passkeys: int
    recovery_codes_left: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MyPolicy:
    """What an organization asks of me. Where several hold, the strictest does. `mfa_required_by`: null: not of me."""

    organization_id: OrganizationId
    organization: str
    mfa_required_by: datetime | None
    email_domains: list[str]
    session_idle_minutes: int | None
    session_minutes: int | None
    password_score: int | None
    staff_networks: list[str]

    @classmethod
    def of(cls, held: Held) -> Self:
        """Networks are told to staff alone."""
        policy = held.policy
        return cls(
            organization_id=policy.organization_id,
            organization=held.organization,
            mfa_required_by=held.mfa_due,
            email_domains=policy.email_domains,
            session_idle_minutes=policy.session_idle_minutes,
            session_minutes=policy.session_minutes,
            password_score=policy.password_score,
            staff_networks=policy.staff_networks if held.is_staff else [],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyLine:
    """`aaguid`: of which make its device is, where that says so. `is_backed_up`: it lies on more than one device."""

    id: PasskeyId
    name: str
    aaguid: UUID
    transports: list[str]
    can_be_backed_up: bool
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None
    version: int

    @classmethod
    def of(cls, passkey: Passkey) -> Self:
        return cls(**{name: getattr(passkey, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """`recovery_codes`: with the first second factor alone; shown here and never again."""

    passkey: PasskeyLine
    recovery_codes: list[str] | None


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
    seconds_left: int  # of the session
    mfa_required_by: datetime | None = None
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
    changed_at: datetime
    auth_version: int
    has_mfa: bool = False

    def holds(self, proved: Self) -> bool:
        """Whether what was proved is so still: neither the password was changed since, nor all tokens made void."""
        return (self.changed_at, self.auth_version) == (proved.changed_at, proved.auth_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """As it was asked for. No id: one that led to nobody would tell that the address had an account before.

    `verified_only`: whether the address has to be proved before the first sign-in.
    """

    email: str
    full_name: str
    verified_only: bool


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
