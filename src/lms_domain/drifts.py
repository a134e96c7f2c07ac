"""Sums that are kept beside what they count: what has some, and what happens to those that are wrong."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lms_domain.kernel import CourseId, Event, UserId


class DriftKind(StrEnum):
    COURSE = "course"  # seats, waitlist and reviews
    ENROLLMENT = "enrollment"  # progress


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftMended(Event):
    """`kept`: what the sums were; `counted`: what they are now. `by`: None at the command line."""

    name = "drift.mended"
    kind: DriftKind
    subject_id: UUID
    course_id: CourseId
    by: UserId | None
    kept: dict[str, int]
    counted: dict[str, int]

    @property
    def aggregate_id(self) -> UUID:
        return self.subject_id
