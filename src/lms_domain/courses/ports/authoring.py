"""What authors change: the draft of a course, and who works on it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from lms_domain.courses.model import Course, Lesson, Section, StaffMember
from lms_domain.courses.outline import DraftOutline, Order
from lms_domain.courses.revision import Revision
from lms_domain.courses.views.authoring import DraftSections
from lms_domain.kernel import CourseId, LessonId, OrganizationId, Repository, SectionId, UserId


class Courses(Repository[Course], Protocol):
    """`get` and `locked` find deleted courses as well: `is_active` says so."""

    async def locked(self, id: CourseId, /) -> Course: ...
    async def add_as_first_free(self, course: Course, slugs: Sequence[str], /) -> None:
        """Add it under the first of these slugs that nobody has, and set that. Raises SlugTaken if all are taken."""

    async def within(self, organization_id: OrganizationId, ids: Collection[CourseId], /) -> list[Course]:
        """Those of the ids that are courses of this organization and not deleted."""

    async def foundations(self, ids: Collection[CourseId], /) -> set[CourseId]:
        """These courses, what they build on, what that builds on, ... While the transaction lasts nobody else
        gets an answer: two changes that make a circle only together cannot pass each other.
        """


class Sections(Repository[Section], Protocol):
    async def add_all(self, sections: Sequence[Section], /) -> None: ...
    async def next_position(self, course_id: CourseId, /) -> int: ...


class Lessons(Repository[Lesson], Protocol):
    """`save` leaves `section_id` and `position` as they are: those are `Drafts.arrange`'s."""

    async def locked(self, id: LessonId, /) -> Lesson: ...
    async def add_all(self, lessons: Sequence[Lesson], /) -> None: ...
    async def next_position(self, section_id: SectionId, /) -> int: ...
    async def move_to_end(self, lesson: Lesson, /) -> None:
        """Behind the active lessons of its section."""


class Drafts(Protocol):
    """The draft of a course as a whole."""

    async def of(self, course_id: CourseId, /) -> DraftOutline:
        """Active sections and lessons in their order, contents included, as of one moment."""

    async def order(self, course_id: CourseId, /) -> Order:
        """The ids alone."""

    async def arrange(self, order: Order, /) -> None:
        """Give every section and lesson of the order its place."""

    async def lines(self, course_id: CourseId, /) -> DraftSections:
        """As `of`, without contents."""

    async def reset(self, revision: Revision, /, *, now: datetime) -> None:
        """Make sections and lessons what they were in this revision: those that were deleted since come back,
        those that are newer are deleted softly; all keep their ids.
        """


class CourseStaff(Protocol):
    async def of(self, course_id: CourseId, /) -> list[StaffMember]: ...
    async def put(self, member: StaffMember, /) -> None:
        """Add the member, or give them the role. Raises NoSuchUser."""

    async def remove(self, course_id: CourseId, user_id: UserId, /) -> None: ...


class Imports(Protocol):
    """A draft as an import sees it: by the keys that its archive gave to its parts."""

    async def course_of(self, organization_id: OrganizationId, source_key: str, /) -> CourseId | None:
        """The course that was imported under this key, or that has it for an id."""

    async def draft(self, course_id: CourseId, /) -> tuple[list[Section], list[Lesson]]:
        """All of it, what is deleted too. The caller holds the course."""

    async def write(self, sections: Sequence[Section], lessons: Sequence[Lesson], /) -> None:
        """Add these, or write them over what they were."""
