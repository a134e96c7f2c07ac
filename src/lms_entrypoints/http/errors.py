"""Refusals become HTTP here. A new error needs no line in this file."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.typing import FieldDefinition

from lms_domain import kernel
from lms_entrypoints.http.wire import Send
from lms_entrypoints.rules import rule_of

STATUS: dict[type[kernel.LmsError], int] = {
    kernel.Unauthenticated: 401,
    kernel.Forbidden: 403,
    kernel.NotFound: 404,
    kernel.Conflict: 409,
    kernel.Outdated: 412,
    kernel.Invalid: 422,
    kernel.TooMany: 429,
    kernel.Unavailable: 503,
}
HEADERS = {
    401: {"www-authenticate": "Bearer"},
    413: {"connection": "close"},  # the rest of the body is not read
    429: {"retry-after": "1"},
    503: {"retry-after": "1"},
}
FAULT = "Something went wrong on our side."
CODES = {
    400: "bad_request",
    401: "unauthenticated",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}


def status_of(error: kernel.LmsError) -> int:
    return next((STATUS[t] for t in type(error).__mro__ if t in STATUS), 400)


def refuse(_: Request[Any, Any, Any], error: kernel.LmsError) -> Response[Any]:
    return failure(status_of(error), str(error), error.code, error.details)


def reject(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What Litestar refuses before a handler runs; a value it cannot read is a 422 with the field's name."""
    if isinstance(error, ValidationException):
        extra: Any = error.extra or []
        fields = request.route_handler.parsed_fn_signature.parameters
        problems = [_problem(fields, each.get("key", "body"), each.get("message", "")) for each in extra]
        if not problems:
            problems = [{"field": "body", "rule": error.detail}]
        return failure(422, kernel.Invalid.message, "invalid", {"problems": problems})
    code = CODES.get(error.status_code, "http_error")
    response = failure(error.status_code, error.detail, code, {})
    response.headers.update(error.headers or {})
    return response


def _problem(fields: Mapping[str, FieldDefinition], name: str, text: str) -> dict[str, str]:
    if text == repr(name):  # the KeyError of a body that was not sent
        return {"field": "body", "rule": "required"}
    return {"field": name, "rule": rule_of(text, fields[name].annotation if name in fields else Any)}


def garbled(_: Request[Any, Any, Any], __: Exception) -> Response[Any]:
    """A body whose bytes are no text, or that is nested deeper than anything real."""
    return failure(400, "The request body is not JSON in UTF-8, or is nested too deeply.", "bad_request", {})


def fail(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """A fault of ours: the log has the traceback, the caller the request id and nothing else."""
    note(error, request.url.path)
    return failure(500, FAULT, "internal_error", {})


def note(error: Exception, path: str) -> None:
    structlog.get_logger("lms").error("unhandled_error", path=path, error=type(error).__name__, exc_info=error)


async def fail_at_once(send: Send, error: Exception, path: str) -> None:
    """As `fail`, where the fault is outside of the app."""
    note(error, path)
    await _send(send, 500, msgspec.json.encode(failed(FAULT, "internal_error", {})))


async def refuse_at_once(send: Send, error: kernel.LmsError, headers: Sequence[tuple[bytes, bytes]] = ()) -> None:
    """Where no handler is asked: as every other refusal looks."""
    _log(error.code)
    status = status_of(error)
    body = msgspec.json.encode(failed(str(error), error.code, error.details))
    told = headers_of(status, error.details).items()
    await _send(send, status, body, *((name.encode(), value.encode()) for name, value in told), *headers)


async def _send(send: Send, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    about = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": [*about, *headers]})
    await send({"type": "http.response.body", "body": body})


def failure(status: int, message: str, code: str, details: Mapping[str, Any]) -> Response[Any]:
    _log(code)
    return Response(failed(message, code, details), status_code=status, headers=headers_of(status, details))


def _log(code: str) -> None:
    """In the line of this request."""
    structlog.contextvars.bind_contextvars(refusal=code)


def headers_of(status: int, details: Mapping[str, Any]) -> dict[str, str]:
    told = HEADERS.get(status, {})
    return told | {"retry-after": str(details["wait_seconds"])} if "wait_seconds" in details else dict(told)


def failed(message: str, code: str, details: object) -> dict[str, Any]:
    return {"success": False, "message": message, "data": None, "error": {"code": code, "details": details}}
