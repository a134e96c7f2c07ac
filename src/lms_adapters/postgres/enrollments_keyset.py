"""Pages that begin after the last row of the page before, so that the thousandth costs what the first costs."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import Row

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_domain.kernel import Invalid, Page, PageRequest, Problem

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyset:
    """One page of a list sorted by `key`, then by id. A cursor belongs to the order that it was made in."""

    request: PageRequest
    key: str
    order: str
    after: tuple[Any, UUID] | None

    @classmethod
    def of(cls, request: PageRequest, key: str, *, order: str = "", kind: Any = datetime) -> Self:
        after = None if request.cursor is None else _decoded(request.cursor, order or key, kind)
        return cls(request=request, key=key, order=order or key, after=after)

    @property
    def follows(self) -> bool:
        return self.after is not None

    @property
    def parameters(self) -> dict[str, Any]:
        """One row more than the page has says whether another page follows."""
        size = {"size": self.request.page_size + 1, "skip": 0 if self.after else self.request.offset}
        return size | ({"key": self.after[0], "last_id": self.after[1]} if self.after else {})

    def page(
        self, items: Sequence[T], rows: Sequence[Row[Any]], total: int, *, is_exact: bool = False
    ) -> Page[T]:
        """`is_exact`: the total was not counted by a count that gives up at its limit."""
        size, more = self.request.page_size, len(rows) > self.request.page_size
        return Page(
            items=list(items[:size]),
            total=total if is_exact else min(total, COUNT_LIMIT),
            total_is_exact=is_exact or total <= COUNT_LIMIT,
            page=self.request.page,
            page_size=size,
            next_cursor=self._cursor(rows[size - 1]) if more else None,
        )

    def _cursor(self, last: Row[Any]) -> str:
        value = msgspec.json.encode([self.order, getattr(last, self.key), last.id])
        return base64.urlsafe_b64encode(value).decode().rstrip("=")


def _decoded(cursor: str, order: str, kind: Any) -> tuple[Any, UUID]:
    try:
        value = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        made_in, key, id = msgspec.json.decode(value, type=tuple[str, kind, UUID])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        made_in = None
    if made_in != order:
        raise Invalid(Problem("cursor", "must be the next_cursor of an earlier answer to the same list"))
    return key, id
