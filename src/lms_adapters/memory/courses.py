"""Courses, sections, lessons, staff and turnstiles, in memory."""

from collections.abc import Collection, Sequence
from copy import deepcopy

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.courses.errors import SlugTaken
from lms_domain.courses.model import Course, Lesson, Section, StaffMember
from lms_domain.kernel import CourseId, NotFound, OrganizationId, SectionId, UserId
from lms_domain.turnstile import Counters


class MemoryCourses(MemoryRepository[Course]):
    entity = Course
    unique = ((("slug",), SlugTaken),)

    async def add_as_first_free(self, course: Course, slugs: Sequence[str], /) -> None:
        if not await self._add_as_first_free(course, slugs):
            raise SlugTaken(slug=slugs[0])

    async def within(self, organization_id: OrganizationId, ids: Collection[CourseId], /) -> list[Course]:
        return list(self._where(lambda c: c.organization_id == organization_id and c.is_active and c.id in ids))

    async def foundations(self, ids: Collection[CourseId], /) -> set[CourseId]:
        found: set[CourseId] = set()
        left = list(ids)
        while left:
            id = left.pop()
            if id not in found:
                found.add(id)
                left += self._rows[id].prerequisite_ids if id in self._rows else []
        return found


class MemorySections(MemoryRepository[Section]):
    entity = Section

    async def next_position(self, course_id: CourseId, /) -> int:
        taken = [s.position for s in self._where(lambda s: s.course_id == course_id and s.is_active)]
        return max(taken, default=-1) + 1


class MemoryLessons(MemoryRepository[Lesson]):
    entity = Lesson

    async def save(self, entity: Lesson, /) -> None:
        if entity.id in self._rows:
            place = self._rows[entity.id].section_id, self._rows[entity.id].position
        await super().save(entity)
        self._rows[entity.id].section_id, self._rows[entity.id].position = place

    async def next_position(self, section_id: SectionId, /) -> int:
        taken = [x.position for x in self._where(lambda x: x.section_id == section_id and x.is_active)]
        return max(taken, default=-1) + 1

    async def move_to_end(self, lesson: Lesson, /) -> None:
        lesson.position = await self.next_position(lesson.section_id)
        self._rows[lesson.id].position = lesson.position


class MemoryCourseStaff:
    def __init__(self, store: Store) -> None:
        self._rows: dict[tuple[CourseId, UserId], StaffMember] = store.setdefault(StaffMember, {})

    async def of(self, course_id: CourseId, /) -> list[StaffMember]:
        found = [member for member in self._rows.values() if member.course_id == course_id]
        return sorted(found, key=lambda member: (member.added_at, member.user_id))

    async def put(self, member: StaffMember, /) -> None:
        self._rows[member.course_id, member.user_id] = member

    async def remove(self, course_id: CourseId, user_id: UserId, /) -> None:
        self._rows.pop((course_id, user_id), None)


class MemoryTurnstiles:
    def __init__(self, store: Store) -> None:
        self._rows: dict[CourseId, Counters] = store.setdefault(Counters, {})

    async def open(self, course_id: CourseId, /) -> None:
        self._rows[course_id] = Counters(course_id=course_id)

    async def lock(self, course_id: CourseId, /) -> Counters:
        if course_id not in self._rows:
            raise NotFound(entity="Course", id=course_id)
        return deepcopy(self._rows[course_id])
