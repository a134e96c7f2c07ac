"""The history of a course: each revision as it was frozen."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from lms_domain.courses.model import CoursePage
from lms_domain.courses.revision import RevisedLesson, RevisedSection, Revision
from lms_domain.kernel import CourseId, RevisionId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionLine:
    id: RevisionId
    course_id: CourseId
    number: int
    title: str
    lesson_count: int
    required_count: int
    total_seconds: int
    note: str
    published_at: datetime
    published_by: UserId | None
    is_current: bool

    @classmethod
    def of(cls, revision: Revision, *, is_current: bool) -> Self:
        return cls(
            id=revision.id,
            course_id=revision.course_id,
            number=revision.number,
            title=revision.page.title,
            lesson_count=revision.lesson_count,
            required_count=revision.required_count,
            total_seconds=revision.total_seconds,
            note=revision.note,
            published_at=revision.published_at,
            published_by=revision.published_by,
            is_current=is_current,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionView:
    """One revision as it was frozen; the contents of its lessons apart."""

    id: RevisionId
    course_id: CourseId
    number: int
    page: CoursePage
    sections: tuple[RevisedSection, ...]
    lessons: list[RevisedLesson]
    lesson_count: int
    required_count: int
    total_seconds: int
    note: str
    published_at: datetime
    published_by: UserId | None

    @classmethod
    def of(cls, revision: Revision, lessons: list[RevisedLesson]) -> Self:
        return cls(
            id=revision.id,
            course_id=revision.course_id,
            number=revision.number,
            page=revision.page,
            sections=revision.sections,
            lessons=lessons,
            lesson_count=revision.lesson_count,
            required_count=revision.required_count,
            total_seconds=revision.total_seconds,
            note=revision.note,
            published_at=revision.published_at,
            published_by=revision.published_by,
        )
