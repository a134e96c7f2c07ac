"""An honest stand-in for a database: it copies in, copies out, and rolls back."""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any, Generic, TypeVar

from lms_domain.kernel import LmsError, NotFound, Stale

E = TypeVar("E")
Store = dict[Any, dict[Any, Any]]


class MemoryRepository(Generic[E]):
    entity: type[E]
    unique: tuple[tuple[tuple[str, ...], type[LmsError]], ...] = ()

    def __init__(self, store: Store) -> None:
        self._rows: dict[Any, Any] = store.setdefault(self.entity, {})

    async def get(self, id: Any, /) -> E:
        if id not in self._rows:
            raise NotFound(entity=self.entity.__name__, id=id)
        return deepcopy(self._rows[id])  # type: ignore[no-any-return]

    async def locked(self, id: Any, /) -> E:
        return await self.get(id)

    async def add(self, entity: E, /) -> None:
        new: Any = entity
        self._must_be_unique(new)
        self._rows[new.id] = deepcopy(new)

    async def add_all(self, entities: Sequence[E], /) -> None:
        for entity in entities:
            await self.add(entity)

    async def save(self, entity: E, /) -> None:
        changed: Any = entity
        if changed.id not in self._rows or self._rows[changed.id].version != changed.version:
            raise Stale
        self._must_be_unique(changed)
        changed.version += 1
        self._rows[changed.id] = deepcopy(changed)

    async def _add_as_first_free(self, new: Any, slugs: Sequence[str]) -> bool:
        taken = {row.slug for row in self._rows.values()}
        free = next((slug for slug in slugs if slug not in taken), None)
        if free is not None:
            new.slug = free
            await self.add(new)
        return free is not None

    def _must_be_unique(self, new: Any) -> None:
        for names, error in self.unique:
            key = [getattr(new, n) for n in names]
            others = (row for row in self._rows.values() if row.id != new.id)
            if None not in key and any([getattr(row, n) for n in names] == key for row in others):
                raise error

    def _where(self, test: Callable[[E], bool]) -> Iterator[E]:
        return (deepcopy(row) for row in self._rows.values() if test(row))
