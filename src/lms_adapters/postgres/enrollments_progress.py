"""Progress: the statements that run most often of all. Columns in, columns out, and no lock but the enrollment's."""

from dataclasses import fields

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import execute, fetch_first
from lms_domain.enrollments.errors import LessonNotInCourse
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Enrollment
from lms_domain.enrollments.progress import LessonProgress, StudiedLesson, Study
from lms_domain.kernel import LessonId, UserId

_ENROLLMENT = tuple(field.name for field in fields(Enrollment))
_MINE = f"""
    select {", ".join(_ENROLLMENT)} from enrollments
    where id = %(id)s and learner_id = %(learner_id)s for no key update
"""

_LESSON = ("kind", "counts", "completion_rule", "duration_seconds", "is_open")
_PROGRESS = tuple(field.name for field in fields(LessonProgress))

# Read after the lock: this snapshot sees what the one who held it before has written.
_STUDY = f"""
    select r.kind, r.required or v.required_count = 0 as counts, r.completion_rule, r.duration_seconds,
        c.is_active and c.status in ('published', 'archived') as is_open,
        {", ".join(f"p.{name}" for name in _PROGRESS)}
    from revision_lessons r
    join revisions v on v.id = r.revision_id
    join courses c on c.id = v.course_id
    left join lesson_progress p on p.enrollment_id = %(enrollment_id)s and p.lesson_id = r.lesson_id
    where r.revision_id = %(revision_id)s and r.lesson_id = %(lesson_id)s
"""

_SAVE = """
    with p as (
        insert into lesson_progress (enrollment_id, lesson_id, started_at, updated_at, credited_at, position_seconds,
            furthest_seconds, time_spent_seconds, viewed, completed_at)
        values (%(enrollment_id)s, %(lesson_id)s, %(started_at)s, %(updated_at)s, %(credited_at)s, %(position_seconds)s,
            %(furthest_seconds)s, %(time_spent_seconds)s, %(viewed)s, %(lesson_completed_at)s)
        on conflict (enrollment_id, lesson_id) do update set
            updated_at = excluded.updated_at, credited_at = excluded.credited_at,
            position_seconds = excluded.position_seconds, furthest_seconds = excluded.furthest_seconds,
            time_spent_seconds = excluded.time_spent_seconds, viewed = excluded.viewed,
            completed_at = excluded.completed_at
    )
    update enrollments set last_activity_at = %(last_activity_at)s, last_lesson_id = %(lesson_id)s,
        required_done = %(required_done)s, progress_percent = %(progress_percent)s, status = %(status)s,
        completed_at = %(completed_at)s, version = version + 1
    where id = %(enrollment_id)s
"""


class PgStudies:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def enrollment(self, id: EnrollmentId, learner_id: UserId, /) -> Enrollment | None:
        row = await fetch_first(self._conn, _MINE, {"id": id, "learner_id": learner_id}, _ENROLLMENT)
        return None if row is None else msgspec.convert(row, Enrollment)

    async def of(self, enrollment: Enrollment, lesson_id: LessonId, /) -> Study:
        given = {"enrollment_id": enrollment.id, "revision_id": enrollment.revision_id, "lesson_id": lesson_id}
        row = await fetch_first(self._conn, _STUDY, given, _LESSON + _PROGRESS)
        if row is None:
            raise LessonNotInCourse(lesson_id=lesson_id)
        lesson = StudiedLesson(lesson_id=lesson_id, **{name: row[name] for name in _LESSON})
        started = row["started_at"] is not None
        progress = LessonProgress(**{name: row[name] for name in _PROGRESS}) if started else None
        return Study(enrollment=enrollment, lesson=lesson, progress=progress)

    async def save(self, study: Study, /) -> None:
        enrollment, progress = study.enrollment, study.begun
        given = {
            "enrollment_id": enrollment.id,
            "lesson_id": study.lesson.lesson_id,
            "started_at": progress.started_at,
            "updated_at": progress.updated_at,
            "credited_at": progress.credited_at,
            "position_seconds": progress.position_seconds,
            "furthest_seconds": progress.furthest_seconds,
            "time_spent_seconds": progress.time_spent_seconds,
            "viewed": progress.viewed,
            "lesson_completed_at": progress.completed_at,
            "last_activity_at": enrollment.last_activity_at,
            "required_done": enrollment.required_done,
            "progress_percent": enrollment.progress_percent,
            "status": enrollment.status.value,
            "completed_at": enrollment.completed_at,
        }
        await execute(self._conn, _SAVE, given)
        enrollment.version += 1
