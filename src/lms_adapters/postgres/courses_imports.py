"""A draft as an import reads and writes it: whole, in one statement for each table."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, Text, cast, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row, to_row
from lms_adapters.postgres.courses_tables import courses, lessons, sections
from lms_domain.courses.model import Lesson, Section
from lms_domain.kernel import CourseId, OrganizationId


class PgImports:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def course_of(self, organization_id: OrganizationId, source_key: str, /) -> CourseId | None:
        named = or_(
            courses.c.source_key == source_key,
            courses.c.source_key.is_(None) & (cast(courses.c.id, Text) == source_key),
        )
        query = select(courses.c.id).where(courses.c.organization_id == organization_id, named)
        return (await self._conn.execute(query)).scalar()

    async def draft(self, course_id: CourseId, /) -> tuple[list[Section], list[Lesson]]:
        rows = await self._conn.execute(select(sections).where(sections.c.course_id == course_id))
        all_sections = [from_row(row, Section) for row in rows]
        rows = await self._conn.execute(select(lessons).where(lessons.c.course_id == course_id))
        return all_sections, [from_row(row, Lesson) for row in rows]

    async def write(self, changed: Sequence[Section], changed_lessons: Sequence[Lesson], /) -> None:
        await self._upsert(sections, changed)
        await self._upsert(lessons, changed_lessons)

    async def _upsert(self, table: Table, entities: Sequence[Any]) -> None:
        if not entities:
            return
        statement = upsert(table)
        new = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
        changing = statement.on_conflict_do_update(index_elements=[table.c.id], set_=new)
        await self._conn.execute(changing, [to_row(entity) for entity in entities])
