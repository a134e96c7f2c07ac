"""What every context shares: ids, actors, time, events, pages and refusals."""

import re
import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, NewType, Protocol, TypeVar
from uuid import UUID

UserId = NewType("UserId", UUID)
OrganizationId = NewType("OrganizationId", UUID)
CourseId = NewType("CourseId", UUID)
SectionId = NewType("SectionId", UUID)
LessonId = NewType("LessonId", UUID)
RevisionId = NewType("RevisionId", UUID)
SessionId = NewType("SessionId", UUID)

T = TypeVar("T")
E = TypeVar("E")


def new_id(at: datetime | None = None) -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): sorts by the millisecond it was made in, 74 bits are random. `at`: now, by default."""
    millis = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    noise = secrets.randbits(74)
    high = millis << 80 | 0x7 << 76 | (noise >> 62) << 64
    return UUID(int=high | 0b10 << 62 | noise & (1 << 62) - 1)


def made_at(id: UUID) -> datetime:
    """The millisecond in a UUIDv7."""
    return datetime.fromtimestamp((id.int >> 80) / 1000, UTC)


class Permission(StrEnum):
    """What a role allows on the whole instance; rights within one course come from its standing."""

    CREATE_COURSES = "courses:create"
    MANAGE_ANY_COURSE = "courses:manage_any"
    MANAGE_USERS = "users:manage"
    MANAGE_ORGANIZATIONS = "organizations:manage"
    READ_AUDIT = "audit:read"
    OPERATE = "operations:manage"
    READ_ALL_EVENTS = "events:read_all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who is asking. Where nobody needs to be signed in, a use case says `Actor | None`."""

    id: UserId
    session_id: SessionId | None = None
    scopes: frozenset[str] | None = None  # what their API token is for; None: they are signed in
    permissions: frozenset[Permission] = frozenset()
    acting_admin_id: UserId | None = None  # who stands in for them
    ip: str | None = None  # where they ask from; None: on this machine

    def can(self, permission: Permission) -> bool:
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        if permission not in self.permissions:
            raise Forbidden(permission=permission)


class Secret:
    """A string that no log, repr or JSON encoder will show."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. Written to the outbox in the same transaction."""

    name: ClassVar[str]
    id: UUID = field(default_factory=new_id)
    at: datetime

    @property
    def aggregate_id(self) -> UUID:
        """What it happened to; events of one aggregate keep their order."""
        raise NotImplementedError


NOT_KEPT = "(not kept)"  # stands in events and in the audit trail for what should be forgettable, or is long


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], *, kept: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The values of the fields that are `kept`; of others only that they changed."""
    return (
        {name: value if name in kept else NOT_KEPT for name, value in before.items()},
        {name: value if name in kept else NOT_KEPT for name, value in after.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """Which part of a list: a page by number, or what follows a cursor of an earlier answer."""

    page: int = 1
    page_size: int = 20
    cursor: str | None = None

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.page_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """`total` is exact up to 10,000 unless a counter is kept; `total_is_exact` says which."""

    items: list[T]
    total: int
    page: int
    page_size: int
    next_cursor: str | None = None
    total_is_exact: bool = True
    extra: dict[str, Any] = field(default_factory=dict)  # further meta, such as a corrected search


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    """Of a list that is read onward only. `next_cursor`: where to go on, now or later; there is always one."""

    items: list[T]
    next_cursor: str
    has_more: bool


@dataclass(frozen=True, slots=True)
class Again(Generic[T]):
    """The caller asked twice; this is what was there already (HTTP 200 instead of 201)."""

    value: T


class Clock(Protocol):
    def now(self) -> datetime: ...


class Repository(Protocol[E]):
    """A collection of aggregates. `get` raises NotFound; `save` raises Stale."""

    async def get(self, id: Any, /) -> E: ...
    async def add(self, entity: E, /) -> None: ...
    async def save(self, entity: E, /) -> None: ...


class Ports(Protocol):
    """What every use case may reach, whatever its context."""

    @property
    def clock(self) -> Clock: ...
    def emit(self, *events: Event) -> None: ...


class LmsError(Exception):
    """A refusal the caller can act on. Entrypoints translate families, not leaves."""

    message: ClassVar[str] = "The request could not be completed."
    leaves_trail: ClassVar[bool] = False  # True: keep what was written before the refusal

    def __init__(self, message: str | None = None, /, **details: object) -> None:
        super().__init__(message or self.message)
        self.details: dict[str, object] = details

    @property
    def code(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self).__name__).lower()


class Unauthenticated(LmsError):
    message = "Sign in first."


class Forbidden(LmsError):
    message = "You may not do this."


class OwnerNeeded(Forbidden):
    message = "This only its owner may do, not an admin who stands in for them."


class NotFound(LmsError):
    message = "There is no such thing."


class Conflict(LmsError):
    message = "This clashes with the current state."


class TooMany(LmsError):
    message = "Too many requests; try again later."


class Unavailable(LmsError):
    message = "This cannot be answered right now; try again soon."


class Clashed(Unavailable):
    """Two transactions stood in each other's way and this one was undone: the door tries it again."""

    message = "Too many changes at once; try again."


class Stale(Conflict):
    message = "Someone else changed this first; reload and try again."


class Outdated(LmsError):
    message = "This has changed since you read it; reload, and send the new version in If-Match."


def must_be_current(version: int, expected: int | None) -> None:
    """`expected` is the version the caller has read, or None where the caller did not say."""
    if expected is not None and expected != version:
        raise Outdated(current_version=version, expected_version=expected)


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: `field` is a path such as `sections[0].title`."""

    field: str
    rule: str


class Invalid(LmsError, ValueError):
    message = "Some values are not valid."

    def __init__(self, *problems: Problem, message: str | None = None, **details: object) -> None:
        if problems:
            details["problems"] = list(problems)
        super().__init__(message, **details)

    @property
    def problems(self) -> Sequence[Problem]:
        found: Any = self.details.get("problems", ())
        return tuple(found)


def refuse_if_any(problems: list[Problem], error: type[Invalid] = Invalid) -> None:
    if problems:
        raise error(*problems)
