"""What others are told of: events in a form that stays, without anything personal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """`course_id` or `organization_id`: by which the organization is found that is told; neither: the instance's."""

    id: UUID
    kind: str
    version: int
    at: datetime
    aggregate_id: UUID
    organization_id: UUID | None
    course_id: UUID | None
    data: dict[str, Any]
