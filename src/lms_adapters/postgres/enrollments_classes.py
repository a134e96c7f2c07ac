"""A whole class measured against a new revision, in two statements whatever its size."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.direct import execute, fetch_all
from lms_domain.courses.revision import RevisedLesson, Revision
from lms_domain.enrollments.events import CourseCompleted
from lms_domain.kernel import Event

# In the order of ids, as everybody who locks several of them does.
_LOCK = """
    with locked as (
        select id from enrollments where course_id = %(course_id)s and status in ('active', 'completed')
        order by id for no key update
    )
    select count(*) from locked
"""

# A statement of its own, so that it sees every progress that was committed while the locks were waited for.
_REBASE = """
    with v as (
        select id, required_count = 0 as all_count, coalesce(nullif(required_count, 0), lesson_count) as total
        from revisions where id = %(revision_id)s
    ), done as (
        select e.id, count(r.lesson_id) as n
        from enrollments e
        left join lesson_progress p on p.enrollment_id = e.id and p.completed_at is not null
        left join (revision_lessons r join v on v.id = r.revision_id and (r.required or v.all_count))
            on r.lesson_id = p.lesson_id
        where e.course_id = %(course_id)s and e.status in ('active', 'completed')
        group by e.id
    ), measured as (
        select done.id, done.n, v.total, e.completed_at is null and v.total > 0 and done.n >= v.total as completes
        from done join enrollments e on e.id = done.id cross join v
    ), changed as (
        update enrollments e set
            revision_id = %(revision_id)s, required_total = m.total, required_done = m.n,
            completed_at = case when m.completes then %(now)s else e.completed_at end,
            status = case when m.completes then 'completed' else e.status end,
            progress_percent = case
                when m.completes or e.completed_at is not null then 100
                when m.total = 0 then 0
                else m.n * 100 / m.total end,
            version = e.version + 1
        from measured m where e.id = m.id
        returning e.id, e.learner_id, m.completes
    )
    select id, learner_id from changed where completes order by id
"""


class PgClasses:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def rebase(
        self,
        revision: Revision,
        lessons: Sequence[RevisedLesson],  # noqa: ARG002 (they are in the tables already)
        /,
        *,
        now: datetime,
    ) -> Sequence[Event]:
        given = {"course_id": revision.course_id, "revision_id": revision.id, "now": now}
        await execute(self._conn, _LOCK, given)
        return [
            CourseCompleted(at=now, enrollment_id=row["id"], course_id=revision.course_id, learner_id=row["learner_id"])
            for row in await fetch_all(self._conn, _REBASE, given)
        ]
