"""The draft of a course as a whole: read in two statements, rearranged in two, whatever its size."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row
from lms_adapters.postgres.courses_tables import lessons, sections
from lms_domain.courses.model import Lesson, Section
from lms_domain.courses.outline import DraftOutline, Order, SectionOrder, arranged
from lms_domain.courses.revision import Revision
from lms_domain.courses.views.authoring import DraftLessonLine, DraftSectionLine, DraftSections
from lms_domain.kernel import CourseId, NotFound

_LINES = text("""
    select c.version as course_version, s.id as section_id, s.title as section_title, s.summary, s.position as place,
        s.version as section_version, l.id, l.title, l.kind, l.required, l.preview, l.completion_rule,
        l.duration_seconds, l.position, l.updated_at, l.version
    from courses c
    left join sections s on s.course_id = c.id and s.is_active
    left join lessons l on l.section_id = s.id and l.is_active
    where c.id = :course_id
    order by s.position, s.id, l.position, l.id
""")
_ORDER = text("""
    select s.id as section_id, l.id as lesson_id
    from sections s
    left join lessons l on l.section_id = s.id and l.is_active
    where s.course_id = :course_id and s.is_active
    order by s.position, s.id, l.position, l.id
""")
_PLACE_SECTIONS = text("""
    update sections set position = placed.position - 1
    from unnest(cast(:ids as uuid[])) with ordinality as placed(id, position)
    where sections.id = placed.id and sections.course_id = :course_id
""")
_PLACE_LESSONS = text("""
    update lessons set section_id = placed.section_id, position = placed.position
    from unnest(cast(:ids as uuid[]), cast(:section_ids as uuid[]), cast(:positions as int[]))
        as placed(id, section_id, position)
    where lessons.id = placed.id and lessons.course_id = :course_id
""")
_RESET_SECTIONS = text("""
    update sections set title = kept.title, summary = kept.summary, position = kept.position, is_active = true,
        version = version + 1
    from revisions r cross join lateral
        jsonb_to_recordset(r.sections) as kept(id uuid, title text, summary text, position int)
    where r.id = :revision_id and sections.id = kept.id
""")
_REMOVE_SECTIONS = text("""
    update sections set is_active = false, version = version + 1
    where course_id = :course_id and is_active and id <> all(cast(:ids as uuid[]))
""")
_RESET_LESSONS = text("""
    update lessons set section_id = r.section_id, position = r.position, title = r.title, kind = r.kind,
        required = r.required, preview = r.preview, completion_rule = r.completion_rule,
        duration_seconds = r.duration_seconds, metadata = r.metadata, content = c.content, is_active = true,
        updated_at = :now, version = version + 1
    from revision_lessons r join lesson_contents c on c.id = r.content_id
    where r.revision_id = :revision_id and lessons.id = r.lesson_id
""")
_REMOVE_LESSONS = text("""
    update lessons set is_active = false, updated_at = :now, version = version + 1
    where course_id = :course_id and is_active
        and not exists (select from revision_lessons r where r.revision_id = :revision_id and r.lesson_id = lessons.id)
""")


class PgDrafts:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, /) -> DraftOutline:
        found = await self._conn.execute(select(sections).where(sections.c.course_id == course_id))
        all_sections = [from_row(row, Section) for row in found]
        found = await self._conn.execute(select(lessons).where(lessons.c.course_id == course_id, lessons.c.is_active))
        return arranged(all_sections, [from_row(row, Lesson) for row in found])

    async def order(self, course_id: CourseId, /) -> Order:
        rows = await self._conn.execute(_ORDER, {"course_id": course_id})
        return Order(
            course_id=course_id,
            sections=tuple(
                SectionOrder(id=id, lessons=tuple(row.lesson_id for row in group if row.lesson_id))
                for id, group in groupby(rows, key=lambda row: row.section_id)
            ),
        )

    async def lines(self, course_id: CourseId, /) -> DraftSections:
        rows = (await self._conn.execute(_LINES, {"course_id": course_id})).all()
        if not rows:
            raise NotFound(entity="Course", id=course_id)
        groups = groupby(rows, key=lambda row: row.section_id)
        found = [_section_line(list(group)) for id, group in groups if id is not None]
        return DraftSections(course_id=course_id, version=rows[0].course_version, sections=found)

    async def arrange(self, order: Order, /) -> None:
        placed = [(id, s.id, n) for s in order.sections for n, id in enumerate(s.lessons)]
        ids = [section.id for section in order.sections]
        await self._conn.execute(_PLACE_SECTIONS, {"ids": ids, "course_id": order.course_id})
        given = {
            "ids": [id for id, _, _ in placed],
            "section_ids": [section_id for _, section_id, _ in placed],
            "positions": [n for _, _, n in placed],
            "course_id": order.course_id,
        }
        await self._conn.execute(_PLACE_LESSONS, given)

    async def reset(self, revision: Revision, /, *, now: datetime) -> None:
        given: dict[str, Any] = {"course_id": revision.course_id, "revision_id": revision.id, "now": now}
        given["ids"] = [section.id for section in revision.sections]
        for statement in (_RESET_SECTIONS, _REMOVE_SECTIONS, _RESET_LESSONS, _REMOVE_LESSONS):
            wanted = statement.compile().params.keys()
            await self._conn.execute(statement, {name: given[name] for name in wanted})


def _section_line(rows: Sequence[Row[Any]]) -> DraftSectionLine:
    first = rows[0]
    return DraftSectionLine(
        id=first.section_id,
        title=first.section_title,
        summary=first.summary,
        position=first.place,
        version=first.section_version,
        lessons=[from_row(row, DraftLessonLine) for row in rows if row.id is not None],
    )
