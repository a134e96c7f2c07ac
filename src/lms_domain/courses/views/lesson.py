"""One lesson, as it is drafted or as it was published."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from lms_domain.courses.model import Lesson, LessonKind
from lms_domain.courses.revision import RevisedLesson
from lms_domain.courses.views.course import CourseFacts
from lms_domain.kernel import CourseId, LessonId, SectionId
from lms_domain.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonView:
    """`version` is the draft's own, or the number of the published revision."""

    id: LessonId
    course_id: CourseId
    section_id: SectionId
    title: str
    kind: LessonKind
    content: dict[str, Any]
    required: bool
    preview: bool
    completion_rule: dict[str, Any]
    duration_seconds: int | None
    metadata: dict[str, Any]
    position: int
    state: Literal["draft", "published"]
    updated_at: datetime
    version: int

    @classmethod
    def drafted(cls, lesson: Lesson) -> Self:
        return cls(
            id=lesson.id,
            course_id=lesson.course_id,
            section_id=lesson.section_id,
            title=lesson.title,
            kind=lesson.kind,
            content=lesson.content,
            required=lesson.required,
            preview=lesson.preview,
            completion_rule=lesson.completion_rule,
            duration_seconds=lesson.duration_seconds,
            metadata=lesson.metadata,
            position=lesson.position,
            state="draft",
            updated_at=lesson.updated_at,
            version=lesson.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedLesson:
    """A lesson of the revision that learners read."""

    lesson: RevisedLesson
    content: dict[str, Any]
    revision: int
    published_at: datetime

    def view(self, course_id: CourseId, content: dict[str, Any]) -> LessonView:
        lesson = self.lesson
        return LessonView(
            id=lesson.lesson_id,
            course_id=course_id,
            section_id=lesson.section_id,
            title=lesson.title,
            kind=lesson.kind,
            content=content,
            required=lesson.required,
            preview=lesson.preview,
            completion_rule=lesson.completion_rule,
            duration_seconds=lesson.duration_seconds,
            metadata=lesson.metadata,
            position=lesson.position,
            state="published",
            updated_at=self.published_at,
            version=self.revision,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonSight:
    """`draft` is None when the lesson, or its section, is deleted there."""

    course: CourseFacts
    standing: Standing
    draft: Lesson | None
    published: PublishedLesson | None
