"""Holds the place of the catalog."""

from collections.abc import Sequence

from lms_domain.courses.model import Course
from lms_domain.courses.revision import LessonText, Revision
from lms_domain.kernel import CourseId


class NoListings:
    async def show(self, course: Course, revision: Revision, texts: Sequence[LessonText], /) -> None: ...
    async def change(self, course: Course, /) -> None: ...
    async def hide(self, course_id: CourseId, /) -> None: ...
