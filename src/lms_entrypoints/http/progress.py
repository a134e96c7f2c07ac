"""Progress through lessons."""

from typing import Annotated

from litestar import Controller, get, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.enrollments import queries, use_cases
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.views import LessonLine, ProgressView
from lms_domain.kernel import LessonId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenRun

WEEK, YEAR = 7 * 86_400, 366 * 86_400

Position = Annotated[int, Meta(ge=0, le=WEEK, description="Where the player stands.", examples=[95])]
TimeSpent = Annotated[
    int, Meta(ge=0, le=YEAR, description="In total on this lesson, not since the last report.", examples=[120])
]


class ProgressRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    position_seconds: Position | None = None
    time_spent_seconds: TimeSpent | None = None
    viewed: Annotated[bool, Meta(description="Once true, it stays true.", examples=[True])] | None = None

    def report(self) -> Report:
        return Report(
            position_seconds=self.position_seconds,
            time_spent_seconds=self.time_spent_seconds,
            viewed=bool(self.viewed),
        )


class ProgressController(Controller):
    tags = ["Progress"]

    @put("/enrollments/{enrollment_id:uuid}/lessons/{lesson_id:uuid}/progress", summary="Report progress")
    async def record(
        self,
        run: GivenRun,
        actor: GivenActor,
        enrollment_id: FromPath[EnrollmentId],
        lesson_id: FromPath[LessonId],
        expected: GivenExpected,
        data: JSONBody[ProgressRequest],
    ) -> ProgressView:
        """The server believes what can be true: time spent grows no faster than time passes, and what counts as
        watched no faster than twice that. A lesson is completed by its rule; quizzes and assignments never by a report.
        """
        report = data.report()
        return await run(use_cases.record_progress, actor, enrollment_id, lesson_id, report=report, expected=expected)

    @get("/enrollments/{enrollment_id:uuid}/lessons", summary="Read the progress in every lesson")
    async def lessons(
        self, ask: GivenAsk, actor: GivenActor, enrollment_id: FromPath[EnrollmentId]
    ) -> list[LessonLine]:
        """All lessons in the order of the course; for the learner and the staff."""
        return await ask(queries.lessons, actor, enrollment_id)
