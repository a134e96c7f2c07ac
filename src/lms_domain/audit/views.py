"""What is asked of the trail, and what is answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain.audit.model import Head, Via
from lms_domain.kernel import CourseId, OrganizationId, SessionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """`since` is included, `until` is not. `of_others`: without what people did about themselves."""

    organization_id: OrganizationId | None = None
    course_id: CourseId | None = None
    actor_id: UserId | None = None
    action: str | None = None
    target_kind: str | None = None
    target_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    request_id: str | None = None
    ip: str | None = None
    session_id: SessionId | None = None
    api_token_id: UUID | None = None
    of_others: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """`before` and `after`: the fields that changed. Of names, addresses and free text only that they changed is kept.

    `hash`: of the entry and of all before it, in hexadecimal.
    """

    id: UUID
    seq: int
    at: datetime
    action: str
    target_kind: str
    target_id: UUID
    organization_id: OrganizationId | None
    course_id: CourseId | None
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    via: Via
    operator: str | None
    actor_id: UserId | None
    acting_for_id: UserId | None
    request_id: str | None
    ip: str | None
    session_id: SessionId | None
    api_token_id: UUID | None
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """The head of the chain, and how many rows there were at the same moment."""

    head: Head
    rows: int
