"""One page of a list: what the statement is given for it, and what is made of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import msgspec

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.cursors import Cursors, Moment
from lms_domain.kernel import Page, PageRequest

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyset:
    """Sorted by the column `key`, then by id. Rows carry both under these names."""

    request: PageRequest
    cursors: Cursors
    key: str
    after: tuple[Any, ...] | None

    @classmethod
    def of(cls, request: PageRequest, key: str, *question: object, kind: Any = Moment) -> Self:
        """`question`: the list with its filters and order; a cursor is good for that one only."""
        cursors = Cursors(*question, kinds=(kind,))
        return cls(request=request, cursors=cursors, key=key, after=cursors.read(request))

    @property
    def follows(self) -> bool:
        return self.after is not None

    @property
    def parameters(self) -> dict[str, Any]:
        """One row more than the page has says whether another page follows."""
        key, last_id = self.after or (None, None)
        skip = 0 if self.after else self.request.offset
        return {"size": self.request.page_size + 1, "skip": skip, "key": key, "last_id": last_id}

    def page_of(self, rows: Sequence[tuple[Mapping[str, Any], T]], total: int, *, is_exact: bool = False) -> Page[T]:
        """As `page`, of rows whose items are made already."""
        size = self.request.page_size
        last = rows[size - 1][0] if len(rows) > size else None
        return Page(
            items=[item for _, item in rows[:size]],
            total=total if is_exact else min(total, COUNT_LIMIT),
            total_is_exact=is_exact or total <= COUNT_LIMIT,
            page=self.request.page,
            page_size=size,
            next_cursor=self.cursors.write((last[self.key],), last["id"]) if last else None,
        )

    def page(self, rows: Sequence[Mapping[str, Any]], shape: type[T], total: int, *, is_exact: bool = False) -> Page[T]:
        """`is_exact`: the total was not counted by a count that gives up at its limit."""
        size = self.request.page_size
        last = rows[size - 1] if len(rows) > size else None
        return Page(
            items=[msgspec.convert(row, shape) for row in rows[:size]],
            total=total if is_exact else min(total, COUNT_LIMIT),
            total_is_exact=is_exact or total <= COUNT_LIMIT,
            page=self.request.page,
            page_size=size,
            next_cursor=self.cursors.write((last[self.key],), last["id"]) if last else None,
        )
