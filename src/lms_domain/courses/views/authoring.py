"""What the staff of a course alone sees: the outline as it is drafted, and each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms_domain.courses.model import LessonKind
from lms_domain.kernel import CourseId, LessonId, SectionId, UserId
from lms_domain.standing import CourseRole


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftLessonLine:
    id: LessonId
    title: str
    kind: LessonKind
    required: bool
    preview: bool
    completion_rule: dict[str, Any]
    duration_seconds: int | None
    position: int
    updated_at: datetime
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSectionLine:
    id: SectionId
    title: str
    summary: str
    position: int
    version: int
    lessons: list[DraftLessonLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSections:
    """The outline as it is drafted. `version` is the course's: what `PUT /courses/{id}/outline` compares."""

    course_id: CourseId
    version: int
    sections: list[DraftSectionLine]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """`email`: of members of the course's organization, and of who made the course."""

    user_id: UserId
    full_name: str
    email: str | None
    role: CourseRole
    added_by: UserId | None
    added_at: datetime
