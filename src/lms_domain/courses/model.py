"""Course, section and lesson: what authors edit. Learners read revisions of it, see `revision.py`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from lms_domain.courses import events
from lms_domain.courses.errors import NotPublished
from lms_domain.kernel import (
    CourseId,
    Event,
    LessonId,
    OrganizationId,
    RevisionId,
    SectionId,
    UserId,
    changes,
)
from lms_domain.standing import CourseRole, CourseStatus, Visibility

# Settings whose values an event may hold; of the others it says only that they changed.
SHORT_SETTINGS = frozenset(
    {
        "slug",
        "visibility",
        "price",
        "seats",
        "enrollment_opens_at",
        "enrollment_closes_at",
        "access_days",
        "prerequisite_ids",
    }
)


class Level(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"
    ALL = "all"


class LessonKind(StrEnum):
    TEXT = "text"
    VIDEO = "video"
    FILE = "file"
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"
    LINK = "link"

    @property
    def is_graded(self) -> bool:
        """Completed by being graded, which only the assessment context can do."""
        return self in {LessonKind.QUIZ, LessonKind.ASSIGNMENT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """`amount` in minor units (cents) of the ISO 4217 `currency`."""

    amount: int
    currency: str


@dataclass(slots=True, kw_only=True)
class CoursePage:
    """What describes a course to a visitor: drafted by authors, frozen by each revision."""

    title: str
    summary: str = ""
    description: str = ""  # Markdown, as written
    description_html: str = ""  # rendered and sanitized
    language: str = "en"  # BCP 47
    level: Level = Level.ALL
    category: str | None = None
    tags: list[str] = field(default_factory=list)
    objectives: list[str] = field(default_factory=list)
    requirements: list[str] = field(default_factory=list)
    estimated_minutes: int | None = None
    thumbnail: str | None = None  # a URL


@dataclass(slots=True, kw_only=True)
class Course:
    id: CourseId
    organization_id: OrganizationId
    slug: str
    page: CoursePage
    status: CourseStatus = CourseStatus.DRAFT
    published_revision_id: RevisionId | None = None
    # Settings: these take effect at once, without a publish.
    visibility: Visibility = Visibility.PUBLIC
    price: Price | None = None  # None: free
    seats: int | None = None
    enrollment_opens_at: datetime | None = None
    enrollment_closes_at: datetime | None = None
    access_days: int | None = None
    prerequisite_ids: list[CourseId] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    source_key: str | None = None  # names the archive it was imported from
    is_active: bool = True
    created_by: UserId | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    def change(
        self, *, page: Mapping[str, Any], settings: Mapping[str, Any], by: UserId, now: datetime
    ) -> Iterator[Event]:
        """Both hold clean values by the names of the fields, see `fields.py`."""
        drafted = [name for name, value in page.items() if getattr(self.page, name) != value]
        settled = [name for name, value in settings.items() if getattr(self, name) != value]
        old = {name: getattr(self, name) for name in settled}
        self.page = replace(self.page, **page)
        for name in settled:
            setattr(self, name, settings[name])
        if drafted or settled:
            self.updated_at = now
        if drafted:
            yield events.CourseChanged(at=now, course_id=self.id, by=by, fields=tuple(drafted))
        if settled:
            before, after = changes(old, {name: settings[name] for name in settled}, kept=SHORT_SETTINGS)
            yield events.SettingsChanged(
                at=now,
                course_id=self.id,
                by=by,
                fields=tuple(settled),
                seats=self.seats,
                before=before,
                after=after,
            )

    def publish(self, revision_id: RevisionId, number: int, *, by: UserId, now: datetime) -> Iterator[Event]:
        before, self.status, self.published_revision_id = self.status, CourseStatus.PUBLISHED, revision_id
        self.updated_at = now
        yield events.CoursePublished(
            at=now, course_id=self.id, by=by, revision_id=revision_id, number=number, before=before
        )

    def unpublish(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        if self.status is CourseStatus.UNPUBLISHED:
            return
        if self.published_revision_id is None:
            raise NotPublished
        before, self.status, self.published_revision_id = self.status, CourseStatus.UNPUBLISHED, None
        self.updated_at = now
        yield events.CourseUnpublished(at=now, course_id=self.id, by=by, before=before)

    def archive(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        """Who is enrolled goes on reading the revision that was published last."""
        if self.status is CourseStatus.ARCHIVED:
            return
        before, self.status, self.updated_at = self.status, CourseStatus.ARCHIVED, now
        yield events.CourseArchived(at=now, course_id=self.id, by=by, before=before)

    def delete(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        self.is_active, self.updated_at = False, now
        yield events.CourseDeleted(at=now, course_id=self.id, by=by, before=self.status)

    def restore(self, *, by: UserId, now: datetime) -> Iterator[Event]:
        if self.is_active:
            return
        self.is_active, self.updated_at = True, now
        yield events.CourseRestored(at=now, course_id=self.id, by=by, status=self.status)

    @property
    def is_listed(self) -> bool:
        return self.is_active and self.status is CourseStatus.PUBLISHED


@dataclass(slots=True, kw_only=True)
class Section:
    id: SectionId
    course_id: CourseId
    title: str
    summary: str = ""
    position: int
    source_key: str | None = None
    is_active: bool = True
    version: int = 1


@dataclass(slots=True, kw_only=True)
class Lesson:
    id: LessonId
    course_id: CourseId
    section_id: SectionId
    title: str
    kind: LessonKind
    content: dict[str, Any] = field(default_factory=dict)
    required: bool = True
    preview: bool = False
    completion_rule: dict[str, Any] = field(default_factory=lambda: {"kind": "viewed"})
    duration_seconds: int | None = None
    position: int  # within its section, from 0; there may be gaps
    metadata: dict[str, Any] = field(default_factory=dict)
    source_key: str | None = None
    is_active: bool = True
    created_at: datetime
    updated_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    course_id: CourseId
    user_id: UserId
    role: CourseRole
    added_by: UserId | None
    added_at: datetime
