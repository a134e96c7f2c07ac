"""Keyset cursors: where a page ended, so that the next one begins there and costs what the first one cost.

    cursors = Cursors("reviews", course_id, order.name, kinds=(Moment,))
    after = cursors.read(request)  # None, or (created_at, id) of the last row of the page before
    ...  # where (created_at, id) < (%(after_0)s, %(after_id)s) order by created_at desc, id desc limit page_size + 1
    next_cursor = cursors.write((last["created_at"],), last["id"]) if more else None

A cursor belongs to the question it was an answer to: list, filters and order. To another question, or changed by hand,
it is refused with a 422 that names `cursor`.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from types import GenericAlias
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from lms_domain.kernel import Invalid, PageRequest, Problem

# What a sort value may be. Each is checked when it comes back, so that PostgreSQL never sees one it cannot take.
Moment = Annotated[datetime, Meta(tz=True)]
Number = Annotated[int, Meta(ge=-(1 << 31), lt=1 << 31)]
Words = Annotated[str, Meta(pattern=r"^[^\x00]*\Z")]
Real = float

_MARK = 8  # bytes of the digest of the question
_encoder = msgspec.msgpack.Encoder(uuid_format="bytes")


class Cursors:
    """The cursors of one question. `kinds`: the types of the values it is sorted by, before the id."""

    def __init__(self, *question: object, kinds: Sequence[Any]) -> None:
        self._mark = hashlib.blake2b(repr(question).encode(), digest_size=_MARK).digest()
        self._decoder = _decoder(tuple(kinds))

    def write(self, values: Sequence[Any], id: UUID) -> str:
        data = _encoder.encode((self._mark, *values, id))
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    def read(self, request: PageRequest) -> tuple[Any, ...] | None:
        """The sort values and the id of the last row that was seen; None for a page by its number."""
        if request.cursor is None:
            return None
        if request.page != 1:
            raise Invalid(Problem("page", "not together with cursor"))
        mark, *after = self._decoded(request.cursor)
        if mark != self._mark:
            raise _foreign()
        return tuple(after)

    def _decoded(self, cursor: str) -> tuple[Any, ...]:
        try:
            data = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            return self._decoder.decode(data)
        except (ValueError, msgspec.DecodeError):
            raise _foreign() from None


@cache
def _decoder(kinds: tuple[Any, ...]) -> msgspec.msgpack.Decoder[tuple[Any, ...]]:
    return msgspec.msgpack.Decoder(GenericAlias(tuple, (bytes, *kinds, UUID)))


def _foreign() -> Invalid:
    return Invalid(Problem("cursor", "the next_cursor of an earlier answer to the same question"))
