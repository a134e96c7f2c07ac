"""Courses, sections, lessons and staff: what authors change."""

from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from sqlalchemy import CursorResult, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, from_row, to_row
from lms_adapters.postgres.courses_tables import course_staff, courses, lessons, sections
from lms_adapters.postgres.slugs import add_as_first_free
from lms_domain.courses.errors import NoSuchUser, SlugTaken
from lms_domain.courses.model import Course, Lesson, Section, StaffMember
from lms_domain.kernel import CourseId, LmsError, OrganizationId, SectionId, Stale, UserId

CIRCLES = 0x70726571  # the advisory lock under which prerequisites are changed

_FOUNDATIONS = text("""
    with recursive foundations(id) as (
        select unnest(cast(:ids as uuid[]))
        union
        select cast(each.id as uuid)
        from foundations f
        join courses c on c.id = f.id
        cross join lateral jsonb_array_elements_text(c.prerequisite_ids) as each(id)
    )
    select id from foundations
""")


class PgCourses(PgRepository[Course]):
    entity = Course
    table = courses
    clashes: ClassVar[dict[str, type[LmsError]]] = {"uq_courses_slug": SlugTaken}

    async def add_as_first_free(self, course: Course, slugs: Sequence[str], /) -> None:
        if not await add_as_first_free(self._conn, courses, course, slugs):
            raise SlugTaken(slug=slugs[0])

    async def within(self, organization_id: OrganizationId, ids: Collection[CourseId], /) -> list[Course]:
        query = select(courses).where(
            courses.c.organization_id == organization_id, courses.c.id.in_(ids), courses.c.is_active
        )
        return [from_row(row, Course) for row in await self._conn.execute(query)]

    async def foundations(self, ids: Collection[CourseId], /) -> set[CourseId]:
        await self._conn.execute(select(func.pg_advisory_xact_lock(CIRCLES)))
        return set((await self._conn.execute(_FOUNDATIONS, {"ids": list(ids)})).scalars())


class PgSections(PgRepository[Section]):
    entity = Section
    table = sections

    async def next_position(self, course_id: CourseId, /) -> int:
        last = func.coalesce(func.max(sections.c.position), -1)
        query = select(last + 1).where(sections.c.course_id == course_id, sections.c.is_active)
        return int((await self._conn.execute(query)).scalar_one())


class PgLessons(PgRepository[Lesson]):
    entity = Lesson
    table = lessons

    async def save(self, entity: Lesson, /) -> None:
        """But for its place, which whoever holds the course may be changing at this moment."""
        row = to_row(entity) | {"version": entity.version + 1}
        values = {name: value for name, value in row.items() if name not in {"section_id", "position"}}
        where = (lessons.c.id == entity.id) & (lessons.c.version == entity.version)
        result: CursorResult[Any] = await self._conn.execute(update(lessons).where(where).values(values))
        if result.rowcount == 0:
            raise Stale
        entity.version += 1

    async def next_position(self, section_id: SectionId, /) -> int:
        last = func.coalesce(func.max(lessons.c.position), -1)
        query = select(last + 1).where(lessons.c.section_id == section_id, lessons.c.is_active)
        return int((await self._conn.execute(query)).scalar_one())

    async def move_to_end(self, lesson: Lesson, /) -> None:
        lesson.position = await self.next_position(lesson.section_id)
        values = {"position": lesson.position}
        await self._conn.execute(update(lessons).where(lessons.c.id == lesson.id).values(values))


class PgCourseStaff:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, /) -> list[StaffMember]:
        query = select(course_staff).where(course_staff.c.course_id == course_id)
        rows = await self._conn.execute(query.order_by(course_staff.c.added_at, course_staff.c.user_id))
        return [from_row(row, StaffMember) for row in rows]

    async def put(self, member: StaffMember, /) -> None:
        query = insert(course_staff).values(to_row(member))
        new = {name: query.excluded[name] for name in ("role", "added_by", "added_at")}
        try:
            await self._conn.execute(query.on_conflict_do_update(index_elements=["course_id", "user_id"], set_=new))
        except IntegrityError as error:
            raise NoSuchUser(id=member.user_id) from error

    async def remove(self, course_id: CourseId, user_id: UserId, /) -> None:
        where = (course_staff.c.course_id == course_id) & (course_staff.c.user_id == user_id)
        await self._conn.execute(delete(course_staff).where(where))
