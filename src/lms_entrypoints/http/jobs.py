"""Jobs: what takes longer than a request should."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody, QueryParameter, RawBody
from litestar.response import Stream
from msgspec import Meta, Struct

from lms_domain.enrollments.roll import MOST_ROWS_OF_JOB
from lms_domain.enrollments.views import RowResult, RowStatus
from lms_domain.jobs import queries, use_cases
from lms_domain.jobs.events import JobId, JobKind, JobState
from lms_domain.jobs.views import JobFilter, JobView
from lms_domain.kernel import CourseId, OrganizationId, Page, Secret, UserId
from lms_entrypoints.doors import Ask
from lms_entrypoints.http.archives import UploadOperation, archive_in
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun, GivenServices
from lms_entrypoints.http.privacy import EraseMe
from lms_entrypoints.http.roster import BulkOperation, BulkRequest, LearnerRequest, rows_of
from lms_entrypoints.http.streams import Told, streamed
from lms_entrypoints.jobs import piece_of

LONGEST_VERSION = 10  # digits
LOOK_SECONDS = 1.0  # how far a job has come is noted as often, and nobody rings


class LongBulkRequest(BulkRequest, forbid_unknown_fields=True, kw_only=True):
    rows: Annotated[list[LearnerRequest], Meta(min_length=1, max_length=MOST_ROWS_OF_JOB)]


class CourseToExport(Struct, forbid_unknown_fields=True, kw_only=True):
    course_id: CourseId


class UserToErase(Struct, forbid_unknown_fields=True, kw_only=True):
    user_id: UserId


class NewJobController(Controller):
    """Tagged by what is done: an API token needs the same scope as for doing it at once."""

    path = "/jobs"

    @post(
        "/enrollments",
        tags=["Enrollment"],
        summary="Put very many learners on a course",
        status_code=202,
        operation_class=BulkOperation,
    )
    async def enroll(
        self,
        run: GivenRun,
        actor: GivenActor,
        request: Request[Any, Any, Any],
        body: RawBody,
        course_id: FromQuery[CourseId],
    ) -> JobView:
        """As `POST /courses/{id}/enrollments/bulk`, up to 100,000 rows. What became of each: `GET /jobs/{id}/rows`."""
        rows = rows_of(request, body, LongBulkRequest, most=MOST_ROWS_OF_JOB)
        return await run(use_cases.ask_enrollments, actor, course_id, rows)

    @post(
        "/course-imports",
        tags=["Archives"],
        summary="Have a course imported",
        status_code=202,
        operation_class=UploadOperation,
    )
    async def take(
        self,
        run: GivenRun,
        actor: GivenActor,
        services: GivenServices,
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
        organization_id: Annotated[OrganizationId | None, QueryParameter(description="Where it shall belong.")] = None,
    ) -> JobView:
        """As `POST /courses/import`; its report is the job's `result`."""
        async with archive_in(services, data) as path:
            return await run(use_cases.ask_import, actor, partial(piece_of, path), organization_id=organization_id)

    @post("/course-exports", tags=["Archives"], summary="Have a course exported", status_code=202)
    async def export(self, run: GivenRun, actor: GivenActor, data: JSONBody[CourseToExport]) -> JobView:
        """As `GET /courses/{id}/export`; the archive is at `GET /jobs/{id}/file` then, for a day."""
        return await run(use_cases.ask_export, actor, data.course_id)

    @post("/personal-exports", tags=["Account"], summary="Have all there is about me gathered", status_code=202)
    async def give(self, run: GivenRun, actor: GivenActor) -> JobView:
        """As `GET /me/export`; the archive is at `GET /jobs/{id}/file` then, for a day."""
        return await run(use_cases.ask_my_data, actor)

    @post("/erasures/me", tags=["Account"], summary="Have me erased", status_code=202)
    async def erase_me(
        self, run: GivenRun, services: GivenServices, actor: GivenActor, data: JSONBody[EraseMe]
    ) -> JobView:
        """As `POST /me/erase`. Keep the receipt in `result`: nobody is there to ask about the job once it is done, and
        `GET /erasures/{receipt}` finds the receipt from then on.
        """
        right = await services.recovery.is_my_password(actor, Secret(data.current_password))
        return await run(use_cases.ask_my_erasure, actor, password_is_right=right)

    @post("/erasures", tags=["Users"], summary="Have somebody erased", status_code=202)
    async def erase(self, run: GivenRun, actor: GivenActor, data: JSONBody[UserToErase]) -> JobView:
        """For admins, as `POST /users/{id}/erase`."""
        return await run(use_cases.ask_erasure, actor, data.user_id)


class JobController(Controller):
    path = "/jobs"
    tags = ["Jobs"]

    @get(summary="List my jobs")
    async def jobs(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        paging: GivenPaging,
        kind: FromQuery[JobKind | None] = None,
        job_state: Annotated[JobState | None, QueryParameter(name="state")] = None,
    ) -> Page[JobView]:
        """The newest first. Jobs are kept for a month after their end."""
        return await ask(queries.jobs, actor, JobFilter(kind=kind, state=job_state), paging)

    @get("/{job_id:uuid}", summary="Read a job of mine")
    async def job(self, ask: GivenAsk, actor: GivenActor, job_id: FromPath[JobId]) -> JobView:
        return await ask(queries.job, actor, job_id)

    @get("/{job_id:uuid}/rows", summary="Read what became of each row")
    async def rows(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        job_id: FromPath[JobId],
        paging: GivenPaging,
        status: FromQuery[RowStatus | None] = None,
    ) -> Page[RowResult]:
        """Of those that are done, in their order; `status=failed` for what has to be mended. `row` counts from 1."""
        return await ask(queries.rows, actor, job_id, status, paging)

    @get("/{job_id:uuid}/file", summary="Fetch what a job has made")
    async def file(self, services: GivenServices, actor: GivenActor, job_id: FromPath[JobId]) -> Stream:
        """A zip archive, for a day after the end of the job. That of a personal export wants what `GET /me/export`
        wants: a sign-in, and a fresh second factor of who has one.
        """
        job = await services.run(use_cases.fetch, actor, job_id)
        headers = {
            "content-disposition": f'attachment; filename="{job.file_name}"',
            "content-length": str(job.file_size),
        }
        return Stream(_pieces(services.ask, job_id), media_type="application/zip", headers=headers)

    @post("/{job_id:uuid}/cancel", summary="Cancel a job", status_code=200)
    async def cancel(self, run: GivenRun, actor: GivenActor, job_id: FromPath[JobId]) -> JobView:
        """Rows that are done stay done; of everything else nothing is left. 409 where it is over."""
        return await run(use_cases.cancel, actor, job_id)

    @get("/{job_id:uuid}/stream", summary="Follow a job")
    async def stream(
        self, request: Request[Any, Any, Any], services: GivenServices, actor: GivenActor, job_id: FromPath[JobId]
    ) -> Stream | Response[None]:
        """The job as server-sent events, whenever it has changed, until it is over: `id` is its version, `event` its
        state, `data` the job as JSON. Who comes back to a job that is over, and has seen that, is answered 204.
        """

        async def read(cursor: str) -> Told:
            job = await services.ask(queries.job, actor, job_id)
            seen = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < LONGEST_VERSION else 0
            lines = [(str(job.version), job.state.value, job)] if job.version != seen else []
            return Told(lines, str(job.version), is_end=job.state.is_end)

        return await streamed(services, request, actor, read, "0", look_seconds=LOOK_SECONDS)


async def _pieces(ask: Ask, job_id: JobId) -> AsyncIterator[bytes]:
    number = 0
    while piece := await ask(queries.piece, job_id, number):
        yield piece
        number += 1
