"""What is answered about accounts, where that is not the entity itself."""

from dataclasses import dataclass
from typing import Literal

from lms_domain.identity.model import Role, SessionId, User
from lms_domain.kernel import Secret, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """`expires_in`: seconds that the access token is good for."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 (a scheme, RFC 6750)
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session with the user it belongs to, for whoever makes its tokens."""

    session_id: SessionId
    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCredential:
    """What a password is held against."""

    user_id: UserId
    password_hash: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFilter:
    search: str | None = None
    role: Role | None = None
    active: bool | None = None
