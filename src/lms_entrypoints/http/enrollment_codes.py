"""Codes that open a course."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.enrollments import queries, use_cases
from lms_domain.enrollments.codes import CodeDraft, EnrollmentCode
from lms_domain.enrollments.events import CodeId
from lms_domain.kernel import CourseId, Page
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun


class CodeRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Without `code` one is generated. `max_uses` null: as often as there are seats; left out: once."""

    code: Annotated[str, Meta(max_length=100, examples=["SPRING-2031"])] | None = None
    max_uses: Annotated[int, Meta(examples=[30])] | None = 1
    expires_at: Annotated[datetime, Meta(tz=True, examples=["2031-03-31T22:00:00Z"])] | None = None
    note: Annotated[str, Meta(max_length=1000, examples=["For the evening class"])] = ""

    def draft(self) -> CodeDraft:
        return CodeDraft(code=self.code, max_uses=self.max_uses, expires_at=self.expires_at, note=self.note)


class EnrollmentCodeController(Controller):
    tags = ["Enrollment"]

    @post("/courses/{course_id:uuid}/codes", summary="Make an enrollment code")
    async def create(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], data: JSONBody[CodeRequest]
    ) -> EnrollmentCode:
        """It opens this course, whatever its price, and to people who are no members of its organization."""
        return await run(use_cases.create_code, actor, course_id, data.draft())

    @get("/courses/{course_id:uuid}/codes", summary="List the enrollment codes of a course")
    async def listed(
        self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId], paging: GivenPaging
    ) -> Page[EnrollmentCode]:
        """The newest first; for the instructors of the course."""
        return await ask(queries.codes, actor, course_id, paging)

    @delete("/codes/{code_id:uuid}", status_code=200, summary="Revoke an enrollment code")
    async def revoke(
        self, run: GivenRun, actor: GivenActor, code_id: FromPath[CodeId], expected: GivenExpected
    ) -> EnrollmentCode:
        """Nobody enters with it any more; who has entered stays."""
        return await run(use_cases.revoke_code, actor, code_id, expected)
