"""Coming onto courses, leaving them, and one's own list of them."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.enrollments import queries, use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.views import EnrollmentState, EnrollmentView, TranscriptLine
from lms_domain.kernel import CourseId, Invalid, Page, Problem
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun


class EnrollRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """`waitlist`: wait in line if no seat is left."""

    code: Annotated[str, Meta(max_length=100, examples=["7QX2-M0AV-9KTD-ZC3R"])] | None = None
    waitlist: Annotated[bool, Meta(examples=[True])] = False


class AccessRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """`expires_at` null: access without end."""

    expires_at: Annotated[datetime, Meta(tz=True, examples=["2031-06-30T22:00:00Z"])] | UnsetType | None = UNSET

    def given(self) -> datetime | None:
        if isinstance(self.expires_at, UnsetType):
            raise Invalid(Problem("expires_at", "is missing"))
        return self.expires_at


class EnrollmentController(Controller):
    tags = ["Enrollment"]

    @post("/courses/{course_id:uuid}/enrollments", summary="Enroll in a course", may_be_so_already=True)
    async def enroll(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        data: JSONBody[EnrollRequest | None] = None,
    ) -> EnrollmentState:
        """Twice is the same as once: the second time answers 200 and the enrollment that is there.

        A course with a price wants a `code`. A full course answers 409 `course_is_full`; send `"waitlist": true` to
        wait in line. Whoever dropped the course comes back to the progress they had.
        """
        wish = Wish(code=data.code, waitlist=data.waitlist) if data else Wish()
        return await run(use_cases.enroll, actor, course_id, wish)

    @get("/me/enrollments", summary="List your enrollments")
    async def mine(
        self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging, status: FromQuery[Status | None] = None
    ) -> Page[EnrollmentView]:
        """The newest first, each with the point to resume at. Dropped ones only with `status=dropped`."""
        return await ask(queries.mine, actor, paging, status)

    @get("/me/transcript", summary="Read your transcript")
    async def transcript(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[TranscriptLine]:
        """What you have made of your courses, the dropped and the deleted ones among them."""
        return await ask(queries.transcript, actor, paging)

    @get("/enrollments/{enrollment_id:uuid}", summary="Read an enrollment")
    async def read(self, ask: GivenAsk, actor: GivenActor, enrollment_id: FromPath[EnrollmentId]) -> EnrollmentView:
        """Your own, or one of a course that you teach."""
        return await ask(queries.enrollment, actor, enrollment_id)

    @patch("/enrollments/{enrollment_id:uuid}", summary="Extend or end an access")
    async def change_access(
        self,
        run: GivenRun,
        actor: GivenActor,
        enrollment_id: FromPath[EnrollmentId],
        expected: GivenExpected,
        data: JSONBody[AccessRequest],
    ) -> EnrollmentState:
        """For instructors of the course."""
        return await run(use_cases.change_access, actor, enrollment_id, data.given(), expected=expected)

    @delete("/enrollments/{enrollment_id:uuid}", status_code=200, summary="Drop a course")
    async def drop(
        self, run: GivenRun, actor: GivenActor, enrollment_id: FromPath[EnrollmentId], expected: GivenExpected
    ) -> EnrollmentState:
        """Leave the course or its waitlist; progress is kept. The seat goes to the first one who waits.

        Instructors may take a learner off the course: then only they can put the learner back.
        """
        return await run(use_cases.drop, actor, enrollment_id, expected)
