"""What learners read of their enrollments: each answer is one statement."""

from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.enrollments_offers import SIGHT
from lms_adapters.postgres.keyset import Keyset
from lms_domain.enrollments.course import CourseSight
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.views import EnrollmentView, LessonLine, TranscriptLine
from lms_domain.kernel import NotFound, Page, PageRequest, UserId

# The resume point is looked up by key: the lesson visited last, or the first one of the revision.
_VIEW = """
    e.id, e.course_id, e.learner_id, e.revision_id, e.status, e.source, e.progress_percent, e.required_done,
    e.required_total, e.enrolled_at, e.waitlisted_at, e.expires_at, e.completed_at, e.dropped_at,
    e.last_activity_at, e.version,
    coalesce(e.expires_at <= now(), false) as expired,
    jsonb_build_object(
        'id', c.id, 'slug', c.slug, 'title', v.page ->> 'title', 'thumbnail', v.page ->> 'thumbnail', 'status', c.status
    ) as course,
    case when l.lesson_id is not null then jsonb_build_object(
        'lesson_id', l.lesson_id, 'title', l.title, 'position_seconds', coalesce(p.position_seconds, 0)
    ) when f.lesson_id is not null then jsonb_build_object(
        'lesson_id', f.lesson_id, 'title', f.title, 'position_seconds', 0
    ) end as resume,
    case when e.status = 'waitlisted' then (
        select count(*) from enrollments w where w.course_id = e.course_id and w.status = 'waitlisted'
        and (w.waitlisted_at, w.id) <= (e.waitlisted_at, e.id)
    ) end as waitlist_position
"""
_VIEW_JOINS = """
    join courses c on c.id = e.course_id
    join revisions v on v.id = e.revision_id
    left join revision_lessons l on l.revision_id = e.revision_id and l.lesson_id = e.last_lesson_id
    left join lesson_progress p on p.enrollment_id = e.id and p.lesson_id = l.lesson_id
    left join lateral (
        select r.lesson_id, r.title from revision_lessons r
        where l.lesson_id is null and r.revision_id = e.revision_id order by r.position limit 1
    ) f on true
"""

_SEEN = f"""
    select {_VIEW}, {SIGHT} from enrollments e {_VIEW_JOINS}
    left join enrollments a on a.course_id = e.course_id and a.learner_id = %(actor_id)s
    where e.id = %(id)s
"""

_LESSONS = """
    select r.lesson_id, r.section_id, r.position, r.title, r.kind, r.required, r.duration_seconds,
        p.started_at, p.updated_at, coalesce(p.position_seconds, 0) as position_seconds,
        coalesce(p.furthest_seconds, 0) as furthest_seconds, coalesce(p.time_spent_seconds, 0) as time_spent_seconds,
        coalesce(p.viewed, false) as viewed, p.completed_at
    from enrollments e
    join revision_lessons r on r.revision_id = e.revision_id
    left join lesson_progress p on p.enrollment_id = e.id and p.lesson_id = r.lesson_id
    where e.id = %(id)s order by r.position
"""

# Cut the page out of the enrollments alone, then look up what is shown of them; the total comes along.
_PAGE = (
    """
    select t.total, x.* from (
        select count(*) as total from (
            select from enrollments e where {where} limit """
    + str(COUNT_LIMIT + 1)
    + """
        ) counted
    ) t left join lateral (
        select {shown} from (
            select * from enrollments e where {where} {after}
            order by e.enrolled_at desc, e.id desc limit %(size)s offset %(skip)s
        ) e {joins}
        order by e.enrolled_at desc, e.id desc
    ) x on true
"""
)
_AFTER = "and (e.enrolled_at, e.id) < (cast(%(key)s as timestamptz), cast(%(last_id)s as uuid))"

_ANY = "e.learner_id = %(learner_id)s and e.is_active"
_WITH_STATUS = "e.learner_id = %(learner_id)s and e.status = %(status)s"
_STUDIED = (
    "e.learner_id = %(learner_id)s and e.status <> 'waitlisted' and (e.is_active or e.last_activity_at is not null)"
)

_LINE = """
    e.id, e.id as enrollment_id, e.course_id, c.slug, v.page ->> 'title' as title, e.status, e.progress_percent,
    e.enrolled_at, e.completed_at,
    (select count(*) from lesson_progress p where p.enrollment_id = e.id and p.completed_at is not null)
        as lessons_completed,
    (select coalesce(sum(p.time_spent_seconds), 0) from lesson_progress p where p.enrollment_id = e.id)
        as time_spent_seconds
"""
_LINE_JOINS = "join courses c on c.id = e.course_id join revisions v on v.id = e.revision_id"


def _page(where: str, shown: str, joins: str) -> dict[bool, str]:
    """By whether it follows a cursor."""
    return {
        followed: _PAGE.format(where=where, shown=shown, joins=joins, after=_AFTER if followed else "")
        for followed in (False, True)
    }


_MINE = _page(_ANY, _VIEW, _VIEW_JOINS)
_MINE_WITH_STATUS = _page(_WITH_STATUS, _VIEW, _VIEW_JOINS)
_TRANSCRIPT = _page(_STUDIED, _LINE, _LINE_JOINS)


class PgEnrollmentPages:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def seen(self, id: EnrollmentId, viewer_id: UserId, /) -> tuple[EnrollmentView, CourseSight]:
        row = await fetch_first(self._conn, _SEEN, {"id": id, "actor_id": viewer_id})
        if row is None:
            raise NotFound(entity="Enrollment", id=id)
        return msgspec.convert(row, EnrollmentView), msgspec.convert(row["sight"], CourseSight)

    async def of_learner(
        self, learner_id: UserId, page: PageRequest, /, *, status: Status | None
    ) -> Page[EnrollmentView]:
        given = {"learner_id": learner_id} | ({"status": status.value} if status else {})
        keyset = Keyset.of(page, "enrolled_at", "enrollments", learner_id, status)
        return await self._paged(_MINE_WITH_STATUS if status else _MINE, given, keyset, EnrollmentView)

    async def transcript(self, learner_id: UserId, page: PageRequest, /) -> Page[TranscriptLine]:
        keyset = Keyset.of(page, "enrolled_at", "transcript", learner_id)
        return await self._paged(_TRANSCRIPT, {"learner_id": learner_id}, keyset, TranscriptLine)

    async def lessons(self, id: EnrollmentId, /) -> list[LessonLine]:
        return msgspec.convert(await fetch_all(self._conn, _LESSONS, {"id": id}), list[LessonLine])

    async def _paged(
        self, statements: dict[bool, str], given: dict[str, Any], keyset: Keyset, shape: type[Any]
    ) -> Page[Any]:
        rows = await fetch_all(self._conn, statements[keyset.follows], given | keyset.parameters)
        return keyset.page([row for row in rows if row["id"] is not None], shape, rows[0]["total"])
