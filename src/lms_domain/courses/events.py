"""What happens to courses. `by` is who did it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from lms_domain.kernel import CourseId, Event, LessonId, OrganizationId, RevisionId, SectionId, UserId
from lms_domain.standing import CourseRole, CourseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseEvent(Event):
    course_id: CourseId
    by: UserId

    @property
    def aggregate_id(self) -> UUID:
        return self.course_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseCreated(CourseEvent):
    name = "course.created"
    organization_id: OrganizationId
    slug: str
    title: str
    copy_of: CourseId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChanged(CourseEvent):
    """The draft of its page: `fields` by name."""

    name = "course.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChanged(CourseEvent):
    """In effect at once. `seats` are those after the change, whatever was changed."""

    name = "course.settings_changed"
    fields: tuple[str, ...]
    seats: int | None
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePublished(CourseEvent):
    name = "course.published"
    revision_id: RevisionId
    number: int
    before: CourseStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingOutdated(Event):
    """What the catalog keeps of the course was written by an older version of the software."""

    name = "course.listing_outdated"
    course_id: CourseId

    @property
    def aggregate_id(self) -> UUID:
        return self.course_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseUnpublished(CourseEvent):
    name = "course.unpublished"
    before: CourseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseArchived(CourseEvent):
    name = "course.archived"
    before: CourseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseDeleted(CourseEvent):
    name = "course.deleted"
    before: CourseStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseRestored(CourseEvent):
    name = "course.restored"
    status: CourseStatus | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftReset(CourseEvent):
    """The draft is again what the revision of this number was."""

    name = "course.draft_reset"
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutlineChanged(CourseEvent):
    """Sections or lessons were put into another order."""

    name = "course.outline_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionEvent(CourseEvent):
    section_id: SectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionAdded(SectionEvent):
    name = "section.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionChanged(SectionEvent):
    name = "section.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionDeleted(SectionEvent):
    name = "section.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRestored(SectionEvent):
    name = "section.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonEvent(CourseEvent):
    lesson_id: LessonId


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonAdded(LessonEvent):
    name = "lesson.added"


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonChanged(LessonEvent):
    name = "lesson.changed"
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonDeleted(LessonEvent):
    name = "lesson.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRestored(LessonEvent):
    name = "lesson.restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffPut(CourseEvent):
    """Added to the staff, or given another role."""

    name = "course.staff_put"
    user_id: UserId
    role: CourseRole
    before: CourseRole | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRemoved(CourseEvent):
    name = "course.staff_removed"
    user_id: UserId
    role: CourseRole


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseImported(CourseEvent):
    """From an archive, into the draft; `lessons` counts what was added, updated, unchanged and removed."""

    name = "course.imported"
    format: str
    lessons: dict[str, int]
