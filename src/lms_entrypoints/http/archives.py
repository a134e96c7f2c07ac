"""Courses in and out as files."""

from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from litestar import Controller, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import Body, FromPath, QueryParameter
from litestar.response import Stream

from lms_domain.courses.use_cases.importing import ImportReport
from lms_domain.kernel import CourseId, Invalid, OrganizationId, Problem
from lms_entrypoints.http.given import GivenActor, GivenRun, GivenServices
from lms_entrypoints.services import Services

PIECE = 1 << 20


@dataclass
class UploadOperation(Operation):
    """Says what the form has to hold."""

    def __post_init__(self) -> None:
        file = Schema(
            type=OpenAPIType.STRING, content_media_type="application/octet-stream", description="The archive."
        )
        form = Schema(type=OpenAPIType.OBJECT, required=["file"], properties={"file": file})
        self.request_body = RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=form)})


class ArchiveController(Controller):
    tags = ["Archives"]

    @post("/courses/import", summary="Import a course", operation_class=UploadOperation)
    async def take(
        self,
        run: GivenRun,
        actor: GivenActor,
        services: GivenServices,
        data: Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)],
        organization_id: Annotated[OrganizationId | None, QueryParameter(description="Where it shall belong.")] = None,
    ) -> ImportReport:
        """An Open edX course (OLX) or our own format, as .tar.gz, .tar or .zip; again, it updates its draft.

        The report lists, item by item, what was left out and why.
        """
        async with archive_in(services, data) as path:
            return await services.archives.take(run, actor, path, organization_id=organization_id)

    @get("/courses/{course_id:uuid}/export", summary="Export a course")
    async def give(self, actor: GivenActor, services: GivenServices, course_id: FromPath[CourseId]) -> Stream:
        """The draft in our own archive format, see docs/course-archive.md. The same course gives the same bytes."""
        with ExitStack() as stack:
            path = stack.enter_context(services.archives.folder()) / "course.zip"
            packed = await services.archives.give(actor, course_id, path)
            return sent_file(path, f"{packed.slug}.zip", stack.pop_all())


@asynccontextmanager
async def archive_in(services: Services, data: Mapping[str, Any]) -> AsyncIterator[Path]:
    """The one file of a form, on disk until the context ends."""
    if set(data) != {"file"} or not isinstance(data["file"], UploadFile):
        raise Invalid(Problem("file", "exactly one part, named file, that holds the archive"))
    with services.archives.folder() as folder:
        path = folder / "archive"
        with path.open("wb") as kept:
            while piece := await data["file"].read(PIECE):
                kept.write(piece)
        yield path


def sent_file(path: Path, name: str, held: ExitStack) -> Stream:
    """A zip archive; what is `held` for it stays until the last byte has gone out."""
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-length": str(path.stat().st_size),
    }
    return Stream(_pieces(path, held), media_type="application/zip", headers=headers)


async def _pieces(path: Path, sent: ExitStack) -> AsyncIterator[bytes]:
    with sent, path.open("rb") as file:
        while piece := file.read(PIECE):
            yield piece
