"""A course as it is shown, and what the read that serves it brings along to decide how."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from lms_domain.courses.model import Course, CoursePage, Level, Price
from lms_domain.kernel import CourseId, OrganizationId, UserId
from lms_domain.standing import CourseStatus, Standing, Visibility


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
