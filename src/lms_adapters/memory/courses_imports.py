"""A draft as an import reads and writes it, in memory."""

from collections.abc import Sequence
from copy import deepcopy

from lms_adapters.memory.store import Store
from lms_domain.courses.model import Course, Lesson, Section
from lms_domain.kernel import CourseId, OrganizationId


class MemoryImports:
    def __init__(self, store: Store) -> None:
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._sections: dict[object, Section] = store.setdefault(Section, {})
        self._lessons: dict[object, Lesson] = store.setdefault(Lesson, {})

    async def course_of(self, organization_id: OrganizationId, source_key: str, /) -> CourseId | None:
        for course in self._courses.values():
            key = course.source_key or str(course.id)
            if course.organization_id == organization_id and key == source_key:
                return course.id
        return None

    async def draft(self, course_id: CourseId, /) -> tuple[list[Section], list[Lesson]]:
        return (
            [deepcopy(section) for section in self._sections.values() if section.course_id == course_id],
            [deepcopy(lesson) for lesson in self._lessons.values() if lesson.course_id == course_id],
        )

    async def write(self, sections: Sequence[Section], lessons: Sequence[Lesson], /) -> None:
        self._sections.update({section.id: deepcopy(section) for section in sections})
        self._lessons.update({lesson.id: deepcopy(lesson) for lesson in lessons})
