"""Every JSON body is {success, message, data, meta?}: decided here, and nowhere else."""

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import MediaType, Response
from litestar.response.base import ASGIResponse
from litestar.serialization import default_serializer
from litestar.status_codes import HTTP_202_ACCEPTED

from lms_domain.kernel import Again, Page, Slice
from lms_entrypoints.http.etags import etag_of
from lms_entrypoints.http.wire import API


class Envelope(Response[Any]):
    """The app's response_class. Handlers return plain data; return a Response to opt out."""

    def __init__(self, content: Any, *, status_code: int | None = None, **options: Any) -> None:
        if isinstance(content, Again):
            content, status_code = content.value, 200
        super().__init__(content, status_code=status_code, **options)
        self.version: object = getattr(content, "version", None)
        self.taken: object = content if self.status_code == HTTP_202_ACCEPTED else None

    def to_asgi_response(self, *args: Any, **options: Any) -> ASGIResponse:
        response = super().to_asgi_response(*args, **options)
        if isinstance(self.version, int):
            response.headers["etag"] = etag_of(self.version, response.body)
        if self.taken is not None:
            response.headers["location"] = f"{API}/jobs/{_id_of(self.taken)}"
        return response

    def render(
        self,
        content: Any,
        media_type: str,
        enc_hook: Callable[[Any], Any] = default_serializer,
    ) -> bytes:
        if media_type == MediaType.JSON and self.status_code not in {204, 304}:
            content = wrap(content)
        return super().render(content, media_type, enc_hook)


def _id_of(job: Any) -> object:
    """Of the first answer, or of one that was kept."""
    return job["id"] if isinstance(job, dict) else job.id


def wrap(content: Any) -> dict[str, Any]:
    if isinstance(content, Slice):
        onward = {"next_cursor": content.next_cursor, "has_more": content.has_more}
        return {"success": True, "message": "OK", "data": content.items, "meta": onward}
    if not isinstance(content, Page):
        return {"success": True, "message": "OK", "data": content}
    return {"success": True, "message": "OK", "data": content.items, "meta": meta(content)}


def meta(page: Page[Any]) -> dict[str, Any]:
    about: dict[str, Any] = {
        "total": page.total,
        "page": page.page,
        "page_size": page.page_size,
        "pages": -(-page.total // page.page_size),
    }
    if page.next_cursor is not None:
        about["next_cursor"] = page.next_cursor
    if not page.total_is_exact:
        about["total_is_exact"] = False
    return about | page.extra


def stored(data: bytes, *, status: int) -> Response[Any]:
    """The envelope around data that was encoded when the request came first."""
    value = msgspec.json.decode(data)
    response = Envelope(value, status_code=status, media_type=MediaType.JSON)
    response.headers["idempotency-replayed"] = "true"
    if isinstance(value, dict):
        response.version = value.get("version")
    return response
