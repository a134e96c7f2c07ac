"""What a publish writes. Other contexts serve some of it, in the same transaction: Listings, Classes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from lms_domain.courses.model import Course
from lms_domain.courses.revision import ContentId, LessonContent, LessonText, RevisedLesson, Revision
from lms_domain.kernel import CourseId, Event, LessonId, RevisionId


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
