"""What readers of a course ask for, each in one statement, whoever they are and whatever the size of the course."""

from typing import Any

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row
from lms_adapters.postgres.courses_standings import STANDING_COLUMNS, STANDING_JOINS, standing_of
from lms_adapters.postgres.direct import fetch_first
from lms_adapters.postgres.identity_tables import MEMBERS
from lms_domain.courses.model import Course, CoursePage, Lesson
from lms_domain.courses.revision import RevisedLesson
from lms_domain.courses.views.authoring import StaffLine
from lms_domain.courses.views.course import CourseFacts, CourseSight, Instructor, Rating
from lms_domain.courses.views.lesson import LessonSight, PublishedLesson
from lms_domain.courses.views.outline import OutlineLesson, OutlineSection, OutlineSight
from lms_domain.kernel import CourseId, LessonId, NotFound, UserId

_COURSE = f"""
    select c.id, c.organization_id, c.slug, c.page::text as page, c.status, c.published_revision_id, c.visibility,
        c.price, c.seats, c.enrollment_opens_at, c.enrollment_closes_at, c.access_days, c.prerequisite_ids, c.metadata,
        c.source_key, c.is_active, c.created_by, c.created_at, c.updated_at, c.version,
        r.page::text as published_page, r.number as revision, r.published_at,
        case when r.id is not null then r.lesson_count else (
            select count(*) from lessons l join sections s on s.id = l.section_id and s.is_active
            where l.course_id = c.id and l.is_active
        ) end as lesson_count,
        k.seats_taken, k.enrollment_count, k.review_count, k.rating_sum,
        (
            select json_agg(json_build_object('id', u.id, 'full_name', u.full_name) order by t.added_at, u.id)
            from course_staff t join users u on u.id = t.user_id
            where t.course_id = c.id and t.role in ('owner', 'instructor')
        )::text as instructors,
        {STANDING_COLUMNS}
    from courses c
    join organizations o on o.id = c.organization_id and o.is_active
    join course_counters k on k.course_id = c.id
    left join revisions r on r.id = c.published_revision_id
    {STANDING_JOINS}
    where c.is_active and
"""
_BY_ID = _COURSE + "c.id = %(course)s::uuid"
_BY_SLUG = _COURSE + "c.slug = %(slug)s"

_OUTLINE = f"""
    select c.id, c.status, c.visibility, c.is_active, c.version, r.number as revision, r.sections::text as sections,
        coalesce(r.lesson_count, 0) as lesson_count,
        enrollment.id as enrollment_id, enrollment.progress_percent,
        (
            select json_agg(json_build_object(
                'id', l.lesson_id, 'section_id', l.section_id, 'title', l.title, 'kind', l.kind,
                'required', l.required, 'preview', l.preview, 'duration_seconds', l.duration_seconds,
                'completion_rule', l.completion_rule, 'position_seconds', p.position_seconds,
                'status', case when p.completed_at is not null then 'completed' when p.lesson_id is not null
                    then 'started' when enrollment.id is not null then 'not_started' end
            ) order by l.position)
            from revision_lessons l
            left join lesson_progress p on p.enrollment_id = enrollment.id and p.lesson_id = l.lesson_id
            where l.revision_id = r.id
        )::text as lessons,
        {STANDING_COLUMNS}
    from courses c
    join organizations o on o.id = c.organization_id and o.is_active
    left join revisions r on r.id = c.published_revision_id
    {STANDING_JOINS}
    where c.id = %(course)s::uuid and c.is_active
"""

_LESSON = f"""
    select c.id as course_id, c.status, c.visibility, c.version as course_version,
        l.id, l.section_id, l.title, l.kind, l.content::text as content, l.required, l.preview, l.completion_rule,
        l.duration_seconds, l.position, l.metadata, l.source_key, l.is_active and s.is_active as is_active,
        l.created_at, l.updated_at, l.version,
        r.number, r.published_at, p.revision_id, p.section_id as p_section_id, p.position as p_position,
        p.title as p_title, p.kind as p_kind, p.required as p_required, p.preview as p_preview,
        p.completion_rule as p_completion_rule, p.duration_seconds as p_duration_seconds, p.metadata as p_metadata,
        p.content_id, k.content::text as p_content,
        {STANDING_COLUMNS}
    from lessons l
    join sections s on s.id = l.section_id
    join courses c on c.id = l.course_id and c.is_active
    join organizations o on o.id = c.organization_id and o.is_active
    left join revisions r on r.id = c.published_revision_id
    left join revision_lessons p on p.revision_id = r.id and p.lesson_id = l.id
    left join lesson_contents k on k.id = p.content_id
    {STANDING_JOINS}
    where l.id = %(lesson)s::uuid
"""

# Who was put there without being asked keeps their address to themselves.
_STAFF = text(f"""
    select s.user_id, u.full_name, case when s.added_by = s.user_id or m.user_id is not null then u.email end as email,
        s.role, s.added_by, s.added_at
    from course_staff s join users u on u.id = s.user_id join courses c on c.id = s.course_id
    left join {MEMBERS} m on m.organization_id = c.organization_id and m.user_id = s.user_id
    where s.course_id = :course_id
    order by s.added_at, s.user_id
""")

_page = msgspec.json.Decoder(CoursePage)
_instructors = msgspec.json.Decoder(list[Instructor])
_sections = msgspec.json.Decoder(list[OutlineSection])
_lessons = msgspec.json.Decoder(list[OutlineLesson])
_content = msgspec.json.Decoder(dict[str, Any])


class PgCoursePages:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> CourseSight:
        return await self._one(_BY_ID, {"course": course_id, "actor": actor_id}, id=course_id)

    async def by_slug(self, slug: str, actor_id: UserId | None, /) -> CourseSight:
        return await self._one(_BY_SLUG, {"slug": slug, "actor": actor_id}, slug=slug)

    async def _one(self, query: str, given: dict[str, Any], **details: object) -> CourseSight:
        row = await fetch_first(self._conn, query, given)
        if row is None:
            raise NotFound(entity="Course", **details)
        return CourseSight(
            course=msgspec.convert(row | {"page": _page.decode(row["page"])}, Course),
            standing=standing_of(row),
            published_page=row["published_page"] and _page.decode(row["published_page"]),
            revision=row["revision"],
            published_at=row["published_at"],
            lesson_count=row["lesson_count"],
            seats_taken=row["seats_taken"],
            enrollment_count=row["enrollment_count"],
            rating=Rating.of(row["rating_sum"], row["review_count"]),
            instructors=_instructors.decode(row["instructors"] or "[]"),
        )


class PgOutlines:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, actor_id: UserId | None, /) -> OutlineSight:
        given = {"course": course_id, "actor": actor_id}
        row = await fetch_first(self._conn, _OUTLINE, given)
        if row is None:
            raise NotFound(entity="Course", id=course_id)
        sections = _sections.decode(row["sections"] or "[]")
        by_id = {section.id: section.lessons for section in sections}
        for lesson in _lessons.decode(row["lessons"] or "[]"):
            by_id[lesson.section_id].append(lesson)
        return OutlineSight(
            course=msgspec.convert(row, CourseFacts),
            standing=standing_of(row),
            revision=row["revision"],
            sections=sections,
            lesson_count=row["lesson_count"],
            enrollment_id=row["enrollment_id"],
            progress_percent=row["progress_percent"],
        )


class PgLessonPages:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, lesson_id: LessonId, actor_id: UserId | None, /) -> LessonSight:
        given = {"lesson": lesson_id, "actor": actor_id}
        row = await fetch_first(self._conn, _LESSON, given)
        if row is None:
            raise NotFound(entity="Lesson", id=lesson_id)
        facts = {"id": row["course_id"], "is_active": True, "version": row["course_version"]}
        return LessonSight(
            course=msgspec.convert(facts | {"status": row["status"], "visibility": row["visibility"]}, CourseFacts),
            standing=standing_of(row),
            draft=_draft(row) if row["is_active"] else None,
            published=_published(row) if row["revision_id"] else None,
        )


def _draft(row: dict[str, Any]) -> Lesson:
    return msgspec.convert(row | {"content": _content.decode(row["content"])}, Lesson)


def _published(row: dict[str, Any]) -> PublishedLesson:
    values = {name.removeprefix("p_"): value for name, value in row.items() if name.startswith("p_")}
    kept = {"lesson_id": row["id"], "revision_id": row["revision_id"], "content_id": row["content_id"]}
    return PublishedLesson(
        lesson=msgspec.convert(values | kept, RevisedLesson),
        content=_content.decode(row["p_content"]),
        revision=row["number"],
        published_at=row["published_at"],
    )


class PgStaffReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, /) -> list[StaffLine]:
        return [from_row(row, StaffLine) for row in await self._conn.execute(_STAFF, {"course_id": course_id})]
