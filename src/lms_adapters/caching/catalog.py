"""The catalog as nobody in particular sees it, kept for a moment.

A page is dropped as soon as this process commits anything that could change one, and after some seconds in any case,
because other processes commit too. Whoever is signed in is never answered from here.
"""

import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from lms_domain.courses.catalog import Catalog, CategoryLine, Listing, Onlooker, Wanted
from lms_domain.enrollments.events import CourseCompleted, LessonCompleted, LessonStarted, ProgressRecorded
from lms_domain.identity.events import SessionEnded, SessionOpened, SessionRefreshed, UserRegistered
from lms_domain.kernel import CourseId, Event, Page, PageRequest

MOST_PAGES = 256  # of 100 courses at most: 30 MB

# The frequent events that no page of the catalog shows. One that is not named here only costs time.
SILENT: frozenset[type[Event]] = frozenset(
    {
        CourseCompleted,
        LessonCompleted,
        LessonStarted,
        ProgressRecorded,
        SessionEnded,
        SessionOpened,
        SessionRefreshed,
        UserRegistered,
    }
)


@dataclass(slots=True)
class CatalogCache:
    """`seconds`: 0 keeps nothing."""

    seconds: float
    _pages: dict[Hashable, tuple[Page[Listing], float]] = field(default_factory=dict)
    _era: int = 0

    def over(self, catalog: Catalog) -> Catalog:
        return CachedCatalog(catalog, self)

    @property
    def era(self) -> int:
        """Changes with every commit that counts: what was read before belongs to the past."""
        return self._era

    def find(self, key: Hashable) -> Page[Listing] | None:
        page, until = self._pages.get(key, (None, 0.0))
        return page if time.monotonic() < until else None

    def keep(self, key: Hashable, page: Page[Listing], *, era: int) -> None:
        if era == self._era and self.seconds > 0:
            if len(self._pages) >= MOST_PAGES:
                self._pages.clear()
            self._pages[key] = page, time.monotonic() + self.seconds

    def committed(self, events: Sequence[Event]) -> None:
        if any(type(event) not in SILENT for event in events):
            self._era += 1
            self._pages.clear()


class CachedCatalog:
    def __init__(self, catalog: Catalog, cache: CatalogCache) -> None:
        self._catalog, self._cache = catalog, cache

    async def page(self, onlooker: Onlooker, wanted: Wanted, paging: PageRequest, /, *, asked: Wanted) -> Page[Listing]:
        if onlooker.id is not None:
            return await self._catalog.page(onlooker, wanted, paging, asked=asked)
        key, era = (wanted, paging, asked), self._cache.era
        page = self._cache.find(key)
        if page is None:
            page = await self._catalog.page(onlooker, wanted, paging, asked=asked)
            self._cache.keep(key, page, era=era)
        return page

    async def similar_words(self, search: str, /) -> dict[str, list[str]]:
        return await self._catalog.similar_words(search)

    async def listed(self, after: CourseId | None, limit: int, /) -> list[CourseId]:
        return await self._catalog.listed(after, limit)

    async def categories(self, onlooker: Onlooker, /) -> list[CategoryLine]:
        return await self._catalog.categories(onlooker)
