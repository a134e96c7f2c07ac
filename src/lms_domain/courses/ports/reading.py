"""What queries of courses ask of the outside."""

from typing import Protocol

from lms_domain.courses.catalog import CatalogReads
from lms_domain.courses.outline import DraftOutline
from lms_domain.courses.revision import RevisedLesson, Revision
from lms_domain.courses.views.authoring import DraftSections, StaffLine
from lms_domain.courses.views.course import CourseSight
from lms_domain.courses.views.lesson import LessonSight
from lms_domain.courses.views.outline import OutlineSight
from lms_domain.courses.views.revisions import RevisionLine
from lms_domain.kernel import CourseId, LessonId, Page, PageRequest, UserId
from lms_domain.standing import Standings


class CoursePages(Protocol):
    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> CourseSight:
        """Raises NotFound, for deleted courses too."""

    async def by_slug(self, slug: str, actor_id: UserId | None, /) -> CourseSight: ...


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
