"""What readers of the feed are given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLine:
    """One event. `sequence` counts the events of what it happened to, `aggregate_id`, from 1 and without a gap.

    `cursor` says where it stands in the feed.
    """

    cursor: str
    id: UUID
    kind: str
    version: int
    at: datetime
    aggregate_id: UUID
    sequence: int
    organization_id: UUID | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which events; `organization_id` None: of the whole instance. No kinds: every kind."""

    organization_id: UUID | None
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventKind:
    """`schema`: of its data, as JSON Schema 2020-12."""

    kind: str
    version: int
    description: str
    schema: dict[str, Any]
