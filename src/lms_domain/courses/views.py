"""What people see of courses, and what the reads that serve them bring along to decide it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from lms_domain.courses.model import Course, CoursePage, Lesson, LessonKind, Level, Price
from lms_domain.courses.revision import RevisedLesson, RevisedSection, Revision
from lms_domain.kernel import CourseId, LessonId, OrganizationId, RevisionId, SectionId, UserId
from lms_domain.standing import CourseRole, CourseStatus, Standing, Visibility


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """`average` of 1 to 5, with two decimals; null without reviews."""

    average: float | None = None
    count: int = 0

    @classmethod
    def of(cls, rating_sum: int, count: int) -> Self:
        return cls(average=round(rating_sum / count, 2) if count else None, count=count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructor:
    id: UserId
    full_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseView:
    """A course in one flat shape. Staff see the draft of the descriptive fields, everybody else the revision's."""

    id: CourseId
    organization_id: OrganizationId
    slug: str
    title: str
    summary: str
    description: str
    description_html: str
    language: str
    level: Level
    category: str | None
    tags: list[str]
    objectives: list[str]
    requirements: list[str]
    estimated_minutes: int | None
    thumbnail: str | None
    price: Price | None
    visibility: Visibility
    seats: int | None
    seats_left: int | None
    enrollment_opens_at: datetime | None
    enrollment_closes_at: datetime | None
    access_days: int | None
    prerequisite_ids: list[CourseId]
    metadata: dict[str, Any]
    status: CourseStatus
    state: Literal["draft", "published"]
    revision: int | None
    lesson_count: int
    enrollment_count: int
    rating: Rating
    instructors: list[Instructor]
    created_at: datetime
    updated_at: datetime
    published_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseSight:
    """A course with what decides how its reader sees it."""

    course: Course
    standing: Standing
    published_page: CoursePage | None = None
    revision: int | None = None
    published_at: datetime | None = None
    lesson_count: int = 0
    seats_taken: int = 0
    enrollment_count: int = 0
    rating: Rating = field(default_factory=Rating)
    instructors: list[Instructor] = field(default_factory=list)

    def view(self, *, draft: bool) -> CourseView:
        """The draft, or the published page where there is one."""
        course = self.course
        page = course.page if draft or self.published_page is None else self.published_page
        return CourseView(
            id=course.id,
            organization_id=course.organization_id,
            slug=course.slug,
            title=page.title,
            summary=page.summary,
            description=page.description,
            description_html=page.description_html,
            language=page.language,
            level=page.level,
            category=page.category,
            tags=page.tags,
            objectives=page.objectives,
            requirements=page.requirements,
            estimated_minutes=page.estimated_minutes,
            thumbnail=page.thumbnail,
            price=course.price,
            visibility=course.visibility,
            seats=course.seats,
            seats_left=None if course.seats is None else max(0, course.seats - self.seats_taken),
            enrollment_opens_at=course.enrollment_opens_at,
            enrollment_closes_at=course.enrollment_closes_at,
            access_days=course.access_days,
            prerequisite_ids=course.prerequisite_ids,
            metadata=course.metadata,
            status=course.status,
            state="draft" if draft else "published",
            revision=self.revision,
            lesson_count=self.lesson_count,
            enrollment_count=self.enrollment_count,
            rating=self.rating,
            instructors=self.instructors,
            created_at=course.created_at,
            updated_at=course.updated_at,
            published_at=self.published_at,
            version=course.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseFacts:
    """As much of a course as decides who may see what belongs to it."""

    id: CourseId
    status: CourseStatus
    visibility: Visibility
    is_active: bool
    version: int


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    user_id: UserId
    full_name: str
    email: str
    role: CourseRole
    added_by: UserId | None
    added_at: datetime
