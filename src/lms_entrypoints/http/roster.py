"""Who is on a course, and how staff put learners there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from litestar import Controller, Request, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, RawBody
from msgspec import Meta, Struct

from lms_domain.enrollments import queries, use_cases
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.ports import RosterFilter
from lms_domain.enrollments.roll import MOST_ROWS, RollRow, from_csv
from lms_domain.enrollments.views import BulkResult, EnrollmentState, RosterLine
from lms_domain.kernel import CourseId, Page, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun
from lms_entrypoints.http.requests import read


class LearnerRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """Either `email` or `user_id`. `expires_at` null: as the course says."""

    email: Annotated[str, Meta(max_length=320, examples=["ada@example.org"])] | None = None
    user_id: Annotated[UserId, Meta(examples=["019a6f00-0000-7000-8000-000000000001"])] | None = None
    expires_at: Annotated[datetime, Meta(tz=True, examples=["2031-06-30T22:00:00Z"])] | None = None

    def row(self) -> RollRow:
        problem = None if (self.email is None) != (self.user_id is None) else "must have either email or user_id"
        return RollRow(email=self.email, user_id=self.user_id, expires_at=self.expires_at, problem=problem)


class BulkRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    rows: Annotated[list[LearnerRequest], Meta(min_length=1, max_length=MOST_ROWS)]


@dataclass
class BulkOperation(Operation):
    """Says what the handler reads as raw bytes."""

    def __post_init__(self) -> None:
        row: Any = {"email": "ada@example.org", "expires_at": "2031-06-30T22:00:00Z"}
        schema: Any = Schema(
            type=OpenAPIType.OBJECT, required=["rows"], properties={"rows": Schema(type=OpenAPIType.ARRAY)}
        )
        self.request_body = RequestBody(
            required=True,
            content={
                "application/json": OpenAPIMediaType(schema=schema, example={"rows": [row]}),
                "text/csv": OpenAPIMediaType(
                    schema=Schema(type=OpenAPIType.STRING), example="email\nada@example.org\n"
                ),
            },
        )


class RosterController(Controller):
    tags = ["Enrollment"]

    @get("/courses/{course_id:uuid}/enrollments", summary="Read the roster of a course")
    async def roster(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        paging: GivenPaging,
        status: FromQuery[Status | None] = None,
        search: Annotated[str | None, QueryParameter(min_length=1, max_length=100)] = None,
        sort: FromQuery[str] = "-enrolled_at",
    ) -> Page[RosterLine]:
        """For the staff of the course. `search` looks into names and email addresses; `sort` is `enrolled_at`, `name`,
        `progress` or `last_activity`, with a minus in front to turn it round. Dropped learners only with
        `status=dropped`. Follow `meta.next_cursor`: the thousandth page costs what the first costs.
        """
        only = RosterFilter(status=status, search=search, sort=sort)
        return await ask(queries.roster, actor, course_id, paging, only)

    @post("/courses/{course_id:uuid}/enrollments/staff", summary="Put a learner on a course", may_be_so_already=True)
    async def enroll_learner(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], data: JSONBody[LearnerRequest]
    ) -> EnrollmentState:
        """Price, enrollment window and prerequisites do not hold for staff; the seats do. Somebody who waits in line
        is seated out of turn. Somebody who is on the course already: 200, and nothing changes.
        """
        return await run(use_cases.enroll_learner, actor, course_id, data.row())

    @post(
        "/courses/{course_id:uuid}/enrollments/bulk",
        status_code=200,
        summary="Put many learners on a course",
        operation_class=BulkOperation,
    )
    async def enroll_many(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        request: Request[Any, Any, Any],
        body: RawBody,
    ) -> BulkResult:
        """Up to 10,000 rows in one call, as JSON (`rows` of `email` or `user_id`, and `expires_at`) or as CSV in UTF-8
        with a header of the same names. The result says of every row what became of it; rows beyond the seats fail
        with `course_is_full`, the others are enrolled all the same.
        """
        return await run(use_cases.enroll_many, actor, course_id, rows_of(request, body))


def rows_of(
    request: Request[Any, Any, Any], body: bytes, shape: type[BulkRequest] = BulkRequest, *, most: int = MOST_ROWS
) -> list[RollRow]:
    if request.content_type[0] == "text/csv":
        return from_csv(body, most=most)
    learners = read(body, shape)
    return [learner.row() for learner in learners.rows]
