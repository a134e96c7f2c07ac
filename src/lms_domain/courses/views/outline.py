"""What is published of a course, section by section, with how far a learner has come."""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from lms_domain.courses.model import LessonKind
from lms_domain.courses.views.course import CourseFacts
from lms_domain.kernel import CourseId, LessonId, SectionId
from lms_domain.standing import Standing


@dataclass(slots=True, kw_only=True)
class OutlineLesson:
    """`status` and `position_seconds` are an enrolled learner's; null for everybody else."""

    id: LessonId
    section_id: SectionId
    title: str
    kind: LessonKind
    required: bool
    preview: bool
    duration_seconds: int | None
    completion_rule: dict[str, Any]
    accessible: bool = False
    status: Literal["not_started", "started", "completed"] | None = None
    position_seconds: int | None = None


@dataclass(slots=True, kw_only=True)
class OutlineSection:
    id: SectionId
    title: str
    summary: str
    lessons: list[OutlineLesson] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineView:
    """What is published; `revision` is null, and `sections` empty, while nothing is."""

    course_id: CourseId
    revision: int | None
    sections: list[OutlineSection]
    lesson_count: int
    enrollment_id: UUID | None
    progress_percent: int | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineSight:
    course: CourseFacts
    standing: Standing
    revision: int | None
    sections: list[OutlineSection]
    lesson_count: int = 0
    enrollment_id: UUID | None = None
    progress_percent: int | None = None

    def view(self, *, everything: bool) -> OutlineView:
        """`everything`: the viewer may read every lesson, and not only the previews."""
        for section in self.sections:
            for lesson in section.lessons:
                lesson.accessible = everything or lesson.preview
        return OutlineView(
            course_id=self.course.id,
            revision=self.revision,
            sections=self.sections,
            lesson_count=self.lesson_count,
            enrollment_id=self.enrollment_id,
            progress_percent=self.progress_percent,
            version=self.course.version,
        )
