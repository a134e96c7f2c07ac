"""Revisions and the contents that they share: written once, never changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Select, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row, to_row
from lms_adapters.postgres.courses_tables import lesson_contents, revision_lessons, revisions
from lms_domain.courses.revision import ContentId, LessonContent, RevisedLesson, Revision
from lms_domain.courses.views.revisions import RevisionLine
from lms_domain.kernel import CourseId, LessonId, NotFound, Page, PageRequest, RevisionId

LARGEST = 2**31 - 1  # what the column can hold

_KNOWN = text("""
    select c.lesson_id, c.id
    from unnest(cast(:lesson_ids as uuid[]), cast(:digests as bytea[])) as wanted(lesson_id, digest)
    join lesson_contents c on c.lesson_id = wanted.lesson_id and c.digest = wanted.digest
""")
# Numbers have no gaps, so the last one is how many there are.
_PAGE = text("""
    select r.id, r.course_id, r.number, r.page ->> 'title' as title, r.lesson_count, r.required_count, r.total_seconds,
        r.note, r.published_at, r.published_by, c.published_revision_id is not distinct from r.id as is_current,
        (select max(number) from revisions where course_id = :course_id) as total
    from revisions r
    join courses c on c.id = r.course_id
    where r.course_id = :course_id
    order by r.number desc
    limit :size offset :skip
""")


class PgRevisions:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def add(self, revision: Revision, lessons: Sequence[RevisedLesson], /) -> None:
        await self._conn.execute(insert(revisions), to_row(revision))
        if lessons:
            await self._conn.execute(insert(revision_lessons), [to_row(lesson) for lesson in lessons])

    async def get(self, id: RevisionId, /) -> Revision:
        return await self._one(select(revisions).where(revisions.c.id == id), id=id)

    async def numbered(self, course_id: CourseId, number: int, /) -> Revision:
        if not 0 < number <= LARGEST:
            raise NotFound(entity="Revision", course_id=course_id, number=number)
        where = (revisions.c.course_id == course_id) & (revisions.c.number == number)
        return await self._one(select(revisions).where(where), course_id=course_id, number=number)

    async def last(self, course_id: CourseId, /) -> Revision | None:
        query = select(revisions).where(revisions.c.course_id == course_id)
        row = (await self._conn.execute(query.order_by(revisions.c.number.desc()).limit(1))).first()
        return None if row is None else from_row(row, Revision)

    async def lessons(self, id: RevisionId, /) -> list[RevisedLesson]:
        query = select(revision_lessons).where(revision_lessons.c.revision_id == id)
        rows = await self._conn.execute(query.order_by(revision_lessons.c.position))
        return [from_row(row, RevisedLesson) for row in rows]

    async def contents(self, id: RevisionId, /) -> dict[ContentId, LessonContent]:
        query = (
            select(lesson_contents)
            .join(revision_lessons, revision_lessons.c.content_id == lesson_contents.c.id)
            .where(revision_lessons.c.revision_id == id)
        )
        return {row.id: from_row(row, LessonContent) for row in await self._conn.execute(query)}

    async def _one(self, query: Select[Any], **details: object) -> Revision:
        row = (await self._conn.execute(query)).first()
        if row is None:
            raise NotFound(entity="Revision", **details)
        return from_row(row, Revision)


class PgContents:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def known(self, digests: Mapping[LessonId, bytes], /) -> dict[LessonId, ContentId]:
        given = {"lesson_ids": list(digests), "digests": list(digests.values())}
        return {row.lesson_id: row.id for row in await self._conn.execute(_KNOWN, given)}

    async def add_all(self, contents: Sequence[LessonContent], /) -> None:
        rows = [
            {"id": each.id, "lesson_id": each.lesson_id, "digest": each.digest, "content": each.content}
            for each in contents
        ]
        if rows:
            await self._conn.execute(insert(lesson_contents), rows)


class PgRevisionReads(PgRevisions):
    async def page(self, course_id: CourseId, paging: PageRequest, /) -> Page[RevisionLine]:
        given = {"course_id": course_id, "size": paging.page_size, "skip": paging.offset}
        rows = (await self._conn.execute(_PAGE, given)).all()
        total = rows[0].total if rows else await self._total(course_id)
        lines = [from_row(row, RevisionLine) for row in rows]
        return Page(items=lines, total=total, page=paging.page, page_size=paging.page_size)

    async def with_lessons(self, course_id: CourseId, number: int, /) -> tuple[Revision, list[RevisedLesson]]:
        revision = await self.numbered(course_id, number)
        return revision, await self.lessons(revision.id)

    async def _total(self, course_id: CourseId) -> int:
        last = await self.last(course_id)
        return last.number if last else 0
