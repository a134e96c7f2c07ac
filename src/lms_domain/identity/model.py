"""People: who they are, and what they may do on the whole instance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from lms_domain.identity import events
from lms_domain.identity.errors import SessionEnded
from lms_domain.kernel import (
    Event,
    Permission,
    Secret,
    UserId,
    changes,
    new_id,
)

ERASED_NAME = "Erased user"
IMPERSONAL = frozenset({"locale", "timezone", "is_active"})  # fields whose values an event may hold


class Role(StrEnum):
    ADMIN = "admin"
    INSTRUCTOR = "instructor"
    STUDENT = "student"


ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.INSTRUCTOR: frozenset({Permission.CREATE_COURSES}),
    Role.STUDENT: frozenset(),
}


def permissions_of(roles: list[Role]) -> frozenset[Permission]:
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))


@dataclass(slots=True, kw_only=True)
class User:
    """`email` is case-folded. What proves who somebody is stands apart, in Credential."""

    id: UserId
    email: str
    full_name: str
    roles: list[Role] = field(default_factory=lambda: [Role.STUDENT])
    locale: str = "en"
    timezone: str = "UTC"
    bio: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    is_active: bool = True
    email_verified_at: datetime | None = None
    email_refused_at: datetime | None = None  # a mail server said for good that it takes nothing for the address
    email_refusal: str = ""  # in its words
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None = None
    erased_at: datetime | None = None
    version: int = 1

    @property
    def is_admin(self) -> bool:
        return self.is_active and Role.ADMIN in self.roles

    @property
    def was_opened(self) -> bool:
        """By its owner: who was invited has neither signed in nor chosen a password by letter yet."""
        return self.email_verified_at is not None or self.last_login_at is not None

    @property
    def awaits_proof(self) -> bool:
        """That letters reach its owner."""
        return self.is_active and (self.email_verified_at is None or self.email_refused_at is not None)

    def must_be_active(self) -> None:
        """An access token outlives the account by some minutes."""
        if not self.is_active:
            raise SessionEnded

    def erase(self, *, now: datetime) -> None:
        """An address must be unique, and `.invalid` is nobody's (RFC 2606)."""
        self.email, self.full_name = f"{self.id}@erased.invalid", ERASED_NAME
        self.locale, self.timezone, self.bio, self.metadata = "en", "UTC", "", {}
        self.roles, self.is_active = [], False
        self.email_verified_at = self.last_login_at = self.email_refused_at = None
        self.email_refusal = ""
        self.erased_at = self.updated_at = now

    def refuse_letters(self, answer: str, *, now: datetime) -> Iterator[Event]:
        """From now on it is sent only what somebody asks for."""
        self.email_refused_at, self.email_refusal = now, answer
        yield events.EmailRefused(at=now, user_id=self.id)

    def prove_email(self, *, now: datetime) -> Iterator[Event]:
        """Its owner has read a letter that went there."""
        is_first = self.email_verified_at is None
        self.email_verified_at = self.email_verified_at or now
        self.email_refused_at, self.email_refusal = None, ""
        if is_first:
            yield events.EmailVerified(at=now, user_id=self.id)

    def change(self, values: Mapping[str, Any], *, by: UserId | None, now: datetime) -> Iterator[Event]:
        roles = tuple(self.roles)
        changed = tuple(name for name, value in values.items() if getattr(self, name) != value)
        fields = tuple(name for name in changed if name != "roles")
        old = {name: getattr(self, name) for name in fields}
        for name in changed:
            setattr(self, name, values[name])
        if changed:
            self.updated_at = now
        if "roles" in changed:
            yield events.RolesChanged(at=now, user_id=self.id, by=by, before=roles, roles=tuple(self.roles))
        if fields:
            before, after = changes(old, {name: getattr(self, name) for name in fields}, kept=IMPERSONAL)
            yield events.UserChanged(at=now, user_id=self.id, by=by, fields=fields, before=before, after=after)


@dataclass(slots=True, kw_only=True)
class Credential:
    """What an account is opened with. An access token of an older `auth_version` is void."""

    user_id: UserId
    password_hash: Secret
    changed_at: datetime
    auth_version: int = 1
    outdated_at: datetime | None = None  # when it last rose


def new_user(email: str, full_name: str, *, roles: list[Role], now: datetime) -> User:
    return User(id=UserId(new_id()), email=email, full_name=full_name, roles=roles, created_at=now, updated_at=now)
