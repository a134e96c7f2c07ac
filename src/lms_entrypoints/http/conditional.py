"""Conditional GET: who has the current answer already, and says so, gets 304 and no body (RFC 9110 §13.1.2)."""

from http import HTTPStatus

from lms_entrypoints.http.etags import is_known
from lms_entrypoints.http.wire import App, Message, Receive, Scope, Send

# What describes a body that is not sent. All else stays: a cache keeps its copy under these headers (RFC 9110 §15.4.5).
OF_THE_BODY = {b"content-type", b"content-length", b"content-disposition"}


def conditional(app: App) -> App:
    """The app, with If-None-Match honored wherever it answers an ETag; the answer was allowed, and made, by then."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        asked = if_none_match(scope)
        await app(scope, receive, Unless(asked, send).send if asked else send)

    return answer


def if_none_match(scope: Scope) -> bytes:
    """Several lines of one header are one list (RFC 9110 §5.3)."""
    if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
        return b""
    return b", ".join(value for name, value in scope["headers"] if name == b"if-none-match")


class Unless:
    """Passes an answer on, unless it has one of these tags."""

    def __init__(self, tags: bytes, send: Send) -> None:
        self._tags, self._send = tags, send
        self._is_known = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(self._begun(message))
        elif not self._is_known:
            await self._send(message)
        elif not message.get("more_body", False):
            await self._send({"type": "http.response.body", "body": b""})

    def _begun(self, message: Message) -> Message:
        headers = [(name.lower(), value) for name, value in message["headers"]]
        etag = dict(headers).get(b"etag")
        self._is_known = message["status"] == HTTPStatus.OK and etag is not None and is_known(etag, self._tags)
        if not self._is_known:
            return message
        kept = [(name, value) for name, value in headers if name not in OF_THE_BODY]
        return {"type": message["type"], "status": HTTPStatus.NOT_MODIFIED.value, "headers": kept}
