"""Bodies have bounds, by what they are for."""

import re

from litestar.exceptions import HTTPException

from lms_domain.kernel import LmsError
from lms_entrypoints.http.limits import UPLOAD
from lms_entrypoints.http.wire import API, Message, Receive, Scope, header

SMALL = 64 << 10  # bytes: addresses, passwords, a name
SMALL_PATHS = (f"{API}/auth/", f"{API}/me/")
SMALL_PATH = f"{API}/me"
DEEPEST = 64  # levels; problems of a quiz have twelve

# Possessive, and an end that may be missing: its time grows with the length alone, whatever is sent.
STRINGS = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
ONE_KIND = bytes.maketrans(b"{}", b"[]")
NO_BRACKETS = bytes(each for each in range(256) if each not in b"{}[]")


class BodyTooLarge(HTTPException):
    """Raised out of `receive` when the client has sent, or announced, more than it may."""

    status_code = 413

    def __init__(self, most: int) -> None:
        super().__init__(detail=f"The request body is too large; this address takes {most} bytes.")


class Bodies:
    """`most`, `upload`: bytes of a body, and of one that brings a file to an address which takes files."""

    def __init__(self, *, most: int, upload: int) -> None:
        self._most, self._upload = most, upload

    def limited(self, scope: Scope, receive: Receive) -> Receive:
        """Refuse a body while it streams in, before it fills the memory."""
        most, seen = self._of(scope), 0
        announced = header(scope, b"content-length")
        is_over = announced.isdigit() and int(announced[:20]) > most

        async def receive_some() -> Message:
            nonlocal seen
            if is_over:
                raise BodyTooLarge(most)
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise BodyTooLarge(most)
            return message

        return receive_some

    def _of(self, scope: Scope) -> int:
        if scope["path"] in UPLOAD:
            return self._upload
        is_small = scope["path"] == SMALL_PATH or scope["path"].startswith(SMALL_PATHS)
        return min(SMALL, self._most) if is_small else self._most


class TooDeep(LmsError):
    message = f"The JSON is nested deeper than {DEEPEST} levels."


def is_deep(body: bytes) -> bool:
    """Before it is decoded: each round takes the innermost level away. What is no JSON the decoder tells."""
    if body.count(b"[") + body.count(b"{") <= DEEPEST:
        return False
    brackets = STRINGS.sub(b"", body).translate(ONE_KIND, NO_BRACKETS)
    for _ in range(DEEPEST):
        outer = brackets.replace(b"[]", b"")
        if len(outer) == len(brackets):
            return outer.count(b"[") > DEEPEST
        brackets = outer
    return b"[]" in brackets
