"""Pictures and files of courses, shown by the address that lessons hold."""

from litestar import Controller, Response, get
from litestar.datastructures import ResponseHeader
from litestar.params import FromPath

from lms_domain.courses.asset_queries import asset_file
from lms_entrypoints.http.given import GivenAsk

# What a browser may show in a page. Everything else is a download, and nothing of it ever runs.
SHOWN = ("image/", "video/", "audio/", "text/plain", "text/vtt", "application/pdf", "font/")
HEADERS = {
    # The bytes under an address never change.
    "cache-control": "private, max-age=31536000, immutable",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; sandbox",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "cross-origin",
}


class AssetController(Controller):
    path = "/assets"
    tags = ["Archives"]

    @get(
        "/{key:str}/{name:str}",
        security=[{}],
        summary="Read a file of a course",
        response_headers=[ResponseHeader(name="ETag", documentation_only=True)],
    )
    async def read(self, ask: GivenAsk, key: FromPath[str], name: FromPath[str]) -> Response[bytes]:  # noqa: ARG002 (for people)
        """The address is the permission: it holds 128 random bits and stands in the lessons that show the file."""
        file = await ask(asset_file, key)
        shown = file.media_type.startswith(SHOWN)
        disposition = "inline" if shown else "attachment"
        headers = HEADERS | {"content-disposition": disposition, "etag": f'"{key}"'}
        return Response(file.data, headers=headers, media_type=file.media_type)
