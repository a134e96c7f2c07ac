"""What authoring asks of the outside. Other contexts' adapters serve some of it: Classes, Listings, Rendering."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from lms_domain.courses.assets import Assets
from lms_domain.courses.catalog import CatalogReads
from lms_domain.courses.model import Course, Lesson, Section, StaffMember
from lms_domain.courses.outline import DraftOutline, Order
from lms_domain.courses.rendering import Rendering
from lms_domain.courses.revision import ContentId, LessonContent, LessonText, RevisedLesson, Revision
from lms_domain.courses.views import (
    CourseSight,
    DraftSections,
    LessonSight,
    OutlineSight,
    RevisionLine,
    StaffLine,
)
from lms_domain.kernel import (
    CourseId,
    Event,
    LessonId,
    OrganizationId,
    Page,
    PageRequest,
    Ports,
    Repository,
    RevisionId,
    SectionId,
    UserId,
)
from lms_domain.standing import Standings
from lms_domain.turnstile import Turnstiles


class Courses(Repository[Course], Protocol):
    """`get` and `locked` find deleted courses as well: `is_active` says so."""

    async def locked(self, id: CourseId, /) -> Course: ...
    async def add_as_first_free(self, course: Course, slugs: Sequence[str], /) -> None:
        """Add it under the first of these slugs that nobody has, and set that. Raises SlugTaken if all are taken."""

    async def within(self, organization_id: OrganizationId, ids: Collection[CourseId], /) -> set[CourseId]:
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


class Revisions(Protocol):
    """Immutable: a revision is added and read."""

    async def add(self, revision: Revision, lessons: Sequence[RevisedLesson], /) -> None: ...
    async def get(self, id: RevisionId, /) -> Revision: ...
    async def numbered(self, course_id: CourseId, number: int, /) -> Revision: ...
    async def last(self, course_id: CourseId, /) -> Revision | None: ...
    async def lessons(self, id: RevisionId, /) -> list[RevisedLesson]:
        """In their order."""

    async def contents(self, id: RevisionId, /) -> dict[ContentId, LessonContent]: ...


class Contents(Protocol):
    """Lesson contents, one for each distinct state of a lesson, shared between revisions."""

    async def known(self, digests: Mapping[LessonId, bytes], /) -> dict[LessonId, ContentId]:
        """Those that an earlier revision has frozen already."""

    async def add_all(self, contents: Sequence[LessonContent], /) -> None: ...


class CourseStaff(Protocol):
    async def of(self, course_id: CourseId, /) -> list[StaffMember]: ...
    async def put(self, member: StaffMember, /) -> None:
        """Add the member, or give them the role. Raises NoSuchUser."""

    async def remove(self, course_id: CourseId, user_id: UserId, /) -> None: ...


class Listings(Protocol):
    """What the catalog shows. Served by the catalog's adapter, in the same transaction."""

    async def show(self, course: Course, revision: Revision, texts: Sequence[LessonText], /) -> None:
        """Show the course as this revision describes it, instead of what was shown before.

        `texts`: the readable text of each lesson, without markup, and never a problem with its answers.
        """

    async def change(self, course: Course, /) -> None:
        """Its settings have changed (slug, price, visibility); the revision has not. Not shown: nothing happens."""

    async def hide(self, course_id: CourseId, /) -> None:
        """Not shown: nothing happens."""


class Imports(Protocol):
    """A draft as an import sees it: by the keys that its archive gave to its parts."""

    async def course_of(self, organization_id: OrganizationId, source_key: str, /) -> CourseId | None:
        """The course that was imported under this key, or that has it for an id."""

    async def draft(self, course_id: CourseId, /) -> tuple[list[Section], list[Lesson]]:
        """All of it, what is deleted too. The caller holds the course."""

    async def write(self, sections: Sequence[Section], lessons: Sequence[Lesson], /) -> None:
        """Add these, or write them over what they were."""


class Classes(Protocol):
    """Everybody who is on a course. Served by the adapter of enrollments, in the same transaction."""

    async def rebase(
        self, revision: Revision, lessons: Sequence[RevisedLesson], /, *, now: datetime
    ) -> Sequence[Event]:
        """Measure the progress of all enrollments against this revision from now on.

        The caller holds the course's turnstile; the revision and its lessons are written already. Enrollments are
        locked in the order of their ids, then counted in a new statement. Completed ones stay completed; for each
        one that is completed by this, the event that says so is returned.
        """


class CoursePages(Protocol):
    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> CourseSight:
        """Raises NotFound, for deleted courses too."""

    async def by_slug(self, slug: str, actor_id: UserId | None, /) -> CourseSight: ...


class CoursePorts(Ports, Protocol):
    @property
    def courses(self) -> Courses: ...
    @property
    def sections(self) -> Sections: ...
    @property
    def lessons(self) -> Lessons: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def revisions(self) -> Revisions: ...
    @property
    def contents(self) -> Contents: ...
    @property
    def course_staff(self) -> CourseStaff: ...
    @property
    def standings(self) -> Standings: ...
    @property
    def turnstiles(self) -> Turnstiles: ...
    @property
    def listings(self) -> Listings: ...
    @property
    def classes(self) -> Classes: ...
    @property
    def rendering(self) -> Rendering: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def assets(self) -> Assets: ...
    @property
    def course_pages(self) -> CoursePages: ...


class Outlines(Protocol):
    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> OutlineSight:
        """The published revision's, with how far the actor has come. Raises NotFound."""


class DraftReads(Protocol):
    async def of(self, course_id: CourseId, /) -> DraftOutline: ...
    async def lines(self, course_id: CourseId, /) -> DraftSections: ...


class LessonPages(Protocol):
    async def of(self, lesson_id: LessonId, actor_id: UserId | None, /) -> LessonSight:
        """The draft and the published state of the lesson. Raises NotFound."""


class RevisionReads(Protocol):
    async def page(self, course_id: CourseId, paging: PageRequest, /) -> Page[RevisionLine]:
        """The newest first."""

    async def with_lessons(self, course_id: CourseId, number: int, /) -> tuple[Revision, list[RevisedLesson]]:
        """Raises NotFound."""


class StaffReads(Protocol):
    async def of(self, course_id: CourseId, /) -> list[StaffLine]: ...


class CourseReads(CatalogReads, Protocol):
    @property
    def course_pages(self) -> CoursePages: ...
    @property
    def outlines(self) -> Outlines: ...
    @property
    def drafts(self) -> DraftReads: ...
    @property
    def standings(self) -> Standings: ...
    @property
    def lesson_pages(self) -> LessonPages: ...
    @property
    def course_revisions(self) -> RevisionReads: ...
    @property
    def staff_lists(self) -> StaffReads: ...
