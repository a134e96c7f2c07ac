"""An entry of the audit trail, and where a change came from."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms_domain.kernel import CourseId, OrganizationId, SessionId, Unavailable, UserId


class Via(StrEnum):
    HTTP = "http"
    CLI = "cli"
    SYSTEM = "system"  # nobody asked: what follows from something earlier


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who is behind a transaction, and from where; entrypoints say so.

    `operator`: the account of the operating system at the command line. `acting_for_id`: whom the actor stands in for.
    """

    via: Via = Via.SYSTEM
    operator: str | None = None
    actor_id: UserId | None = None
    acting_for_id: UserId | None = None
    request_id: str | None = None
    ip: str | None = None
    session_id: SessionId | None = None
    api_token_id: UUID | None = None


NOWHERE = Origin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened. `before` and `after` are JSON objects as text, since it is the text that is sealed:
    a database that reads and writes JSON may spell it differently.

    `ip`, `request_id` and `note` (of `after`, what may tell of a person) go with whom they are of. The chain has but
    `commitment` of them, a digest with `salt`: it proves them while they are there, and tells nothing afterwards.
    """

    id: UUID  # the event's
    at: datetime
    action: str
    target_kind: str
    target_id: UUID
    organization_id: OrganizationId | None = None
    course_id: CourseId | None = None
    before: str = "{}"
    after: str = "{}"
    via: Via
    operator: str | None = None
    actor_id: UserId | None = None
    acting_for_id: UserId | None = None
    request_id: str | None = None
    ip: str | None = None
    session_id: SessionId | None = None
    api_token_id: UUID | None = None
    note: str = "{}"
    salt: bytes | None = None
    commitment: bytes | None = None

    @property
    def people(self) -> set[UUID]:
        """Who it may be of, and about."""
        return {id for id in (self.actor_id, self.acting_for_id, self.target_id) if id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """An entry in its place in the chain. `hash` covers the entry, its number and the hash before it."""

    seq: int
    entry: Entry
    key_id: str
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """How many entries there are and the last one's hash, sealed: so that the newest ones cannot be taken away."""

    seq: int = 0
    hash: bytes = bytes(32)
    key_id: str = ""
    seal: bytes = b""


class AuditTrailBroken(Unavailable):
    message = "The audit trail cannot be written, so nothing is changed."
