"""The outermost ASGI layer: request ids, one log line per request, and bounded bodies."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from litestar.exceptions import HTTPException

from lms_domain.kernel import new_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

GIVEN_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
log = structlog.get_logger("lms.access")


class BodyTooLarge(HTTPException):
    """Raised out of `receive` when the client has sent more than it may."""

    status_code = 413
    detail = "The request body is too large."


class Edge:
    """Wraps the whole app, so that a 404 has a request id and a log line as well."""

    def __init__(self, app: App, *, max_body: int, max_upload: int) -> None:
        self._app, self._max_body, self._max_upload = app, max_body, max_upload

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(scope, send, given_id(scope) or str(new_id()))
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        scope.setdefault("state", {})["request_id"] = exchange.request_id
        try:
            await self._app(scope, limited(receive, self._limit(scope)), exchange.send)
        finally:
            exchange.log()
            structlog.contextvars.clear_contextvars()

    def _limit(self, scope: Scope) -> int:
        return self._max_upload if header(scope, b"content-type").startswith(b"multipart/") else self._max_body


class Exchange:
    """One request and its answer, as the log will tell it."""

    def __init__(self, scope: Scope, send: Send, request_id: str) -> None:
        self._scope, self._send, self.request_id = scope, send, request_id
        self._began = time.perf_counter()
        self._status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self.request_id.encode())]
        await self._send(message)

    def log(self) -> None:
        """The path without its query: a query may hold what no log should."""
        user_id = self._scope.get("state", {}).get("user_id")
        log.info(
            "request",
            method=self._scope["method"],
            path=self._scope["path"],
            status=self._status,
            duration_ms=round((time.perf_counter() - self._began) * 1000, 2),
            user_id=str(user_id) if user_id else None,
        )


def limited(receive: Receive, limit: int) -> Receive:
    """Refuse a body while it streams in, before it fills the memory."""
    seen = 0

    async def receive_some() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise BodyTooLarge
        return message

    return receive_some


def header_of(scope: Scope, name: bytes) -> bytes | None:
    return next((v for k, v in scope["headers"] if k == name), None)


def header(scope: Scope, name: bytes) -> bytes:
    return header_of(scope, name) or b""


def given_id(scope: Scope) -> str | None:
    """The caller's own request id, where it cannot forge a log line or a header."""
    value = header(scope, b"x-request-id").decode("latin-1")
    return value if GIVEN_ID.fullmatch(value) else None
