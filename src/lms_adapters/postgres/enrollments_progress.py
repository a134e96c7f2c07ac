"""Progress: the statements that run most often of all. Columns in, columns out."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import execute, fetch_row
from lms_adapters.postgres.outbox import PUT, as_rows
from lms_domain.enrollments.errors import LessonNotInCourse
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Enrollment
from lms_domain.enrollments.progress import LessonProgress, StudiedLesson, Study
from lms_domain.kernel import Clashed, Event, LessonId, UserId

_ENROLLMENT = [field.name for field in fields(Enrollment)]
_LESSON = ["lesson_id", "kind", "counts", "completion_rule", "duration_seconds", "is_open"]
_PROGRESS = [field.name for field in fields(LessonProgress)]

_HOLD = "select from enrollments where id = %(id)s and learner_id = %(learner_id)s for no key update"
_STUDY = f"""
    select {", ".join(f"e.{name}" for name in _ENROLLMENT)},
        r.lesson_id, r.kind, r.required or v.required_count = 0, r.completion_rule, r.duration_seconds,
        c.is_active and c.status in ('published', 'archived'),
        {", ".join(f"p.{name}" for name in _PROGRESS)}
    from enrollments e
    join revisions v on v.id = e.revision_id
    join courses c on c.id = e.course_id
    left join revision_lessons r on r.revision_id = e.revision_id and r.lesson_id = %(lesson_id)s
    left join lesson_progress p on p.enrollment_id = e.id and p.lesson_id = %(lesson_id)s
    where e.id = %(id)s and e.learner_id = %(learner_id)s
"""

_SAVE = f"""
    with e as (
        update enrollments set last_activity_at = %(last_activity_at)s, last_lesson_id = %(last_lesson_id)s,
            credited_at = %(credited_at)s, required_done = %(required_done)s, progress_percent = %(progress_percent)s,
            status = %(status)s, completed_at = %(course_completed_at)s, version = version + 1
        where id = %(id)s and version = %(version)s
        returning id
    ), p as (
        insert into lesson_progress (enrollment_id, lesson_id, {", ".join(_PROGRESS)})
        select id, %(last_lesson_id)s, {", ".join(f"%({name})s" for name in _PROGRESS)} from e
        on conflict (enrollment_id, lesson_id) do update
            set {", ".join(f"{name} = excluded.{name}" for name in _PROGRESS if name != "started_at")}
    ), o as (
        {PUT} where exists (select from e)
    )
    select from e
"""


class PgStudies:
    def __init__(self, conn: AsyncConnection, *, holds: bool) -> None:
        """`holds`: lock the enrollment first; the statement after sees what the one who held it before has written."""
        self._conn, self._holds = conn, holds

    async def of(self, id: EnrollmentId, learner_id: UserId, lesson_id: LessonId, /) -> Study | None:
        given = {"id": id, "learner_id": learner_id, "lesson_id": lesson_id}
        if self._holds:
            await execute(self._conn, _HOLD, given)
        row = await fetch_row(self._conn, _STUDY, given)
        return None if row is None else _study(row, lesson_id)

    async def save(self, study: Study, events: Sequence[Event], /) -> None:
        enrollment, progress = study.enrollment, study.begun
        given = {name: getattr(progress, name) for name in _PROGRESS} | {
            "id": enrollment.id,
            "version": enrollment.version,
            "last_activity_at": enrollment.last_activity_at,
            "last_lesson_id": enrollment.last_lesson_id,
            "credited_at": enrollment.credited_at,
            "required_done": enrollment.required_done,
            "progress_percent": enrollment.progress_percent,
            "status": enrollment.status.value,
            "course_completed_at": enrollment.completed_at,
            "events": as_rows(events),
        }
        if (await execute(self._conn, _SAVE, given)).rowcount == 0:
            raise Clashed
        enrollment.version += 1


def _study(row: tuple[Any, ...], lesson_id: LessonId) -> Study:
    columns = iter(row)
    enrollment = dict(zip(_ENROLLMENT, columns, strict=False))
    lesson = dict(zip(_LESSON, columns, strict=False))
    progress = dict(zip(_PROGRESS, columns, strict=False))
    if lesson["lesson_id"] is None:
        raise LessonNotInCourse(lesson_id=lesson_id)
    return Study(
        enrollment=msgspec.convert(enrollment, Enrollment),
        lesson=StudiedLesson(**lesson),
        progress=LessonProgress(**progress) if progress["started_at"] is not None else None,
    )
