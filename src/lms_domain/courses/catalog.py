"""Finding published courses."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from lms_domain.courses.fields import category_key
from lms_domain.courses.model import Level, Price
from lms_domain.courses.search import Question
from lms_domain.courses.spelling import mended
from lms_domain.courses.views.course import Rating
from lms_domain.kernel import (
    Actor,
    CourseId,
    LessonId,
    OrganizationId,
    Page,
    PageRequest,
    Permission,
    Problem,
    UserId,
    refuse_if_any,
)
from lms_domain.text import clean_language


class Sort(StrEnum):
    NEWEST = "-published_at"
    OLDEST = "published_at"
    UPDATED = "-updated_at"
    TITLE = "title"
    TITLE_BACKWARDS = "-title"
    POPULAR = "-enrollment_count"
    RATING = "-rating"
    RELEVANCE = "relevance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Every field that is given narrows the list."""

    search: str | None = None
    category: str | None = None
    level: Level | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    free: bool | None = None
    instructor: UserId | None = None
    organization: OrganizationId | None = None
    sort: Sort | None = None

    @property
    def order(self) -> Sort:
        return self.sort or (Sort.RELEVANCE if self.search else Sort.NEWEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Highlights:
    """Why a search found the course: HTML whose only element is `mark`. `lesson_id`: where `text` stands."""

    title: str
    summary: str
    text: str | None = None
    lesson_id: LessonId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    id: CourseId
    organization_id: OrganizationId
    slug: str
    title: str
    summary: str
    level: Level
    category: str | None
    language: str
    tags: list[str]
    thumbnail: str | None
    estimated_minutes: int | None
    lesson_count: int
    price: Price | None
    enrollment_count: int
    rating: Rating
    published_at: datetime
    updated_at: datetime
    highlights: Highlights | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryLine:
    category: str
    course_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Onlooker:
    """Whose catalog it is: nobody's, a member's, or one of somebody who sees all organizations."""

    id: UserId | None = None
    sees_all: bool = False

    @classmethod
    def of(cls, viewer: Actor | None) -> "Onlooker":
        if viewer is None:
            return cls()
        return cls(id=viewer.id, sees_all=viewer.can(Permission.MANAGE_ANY_COURSE))


class Catalog(Protocol):
    async def page(self, onlooker: Onlooker, wanted: Wanted, paging: PageRequest, /, *, asked: Wanted) -> Page[Listing]:
        """`asked`: what the caller sent, which their cursors belong to, whatever is looked for instead."""

    async def similar_words(self, search: str, /) -> dict[str, list[str]]:
        """For each word of the search, words of public courses that look like it."""

    async def categories(self, onlooker: Onlooker, /) -> list[CategoryLine]: ...
    async def listed(self, after: CourseId | None, limit: int, /) -> list[CourseId]:
        """In the order of their ids."""


class CatalogReads(Protocol):
    @property
    def catalog(self) -> Catalog: ...


async def find(reads: CatalogReads, viewer: Actor | None, wanted: Wanted, paging: PageRequest) -> Page[Listing]:
    """A search without any hit is tried again with its words mended; `meta.corrected_search` then says how."""
    wanted = _cleaned(wanted)
    onlooker = Onlooker.of(viewer)
    page = await reads.catalog.page(onlooker, wanted, paging, asked=wanted)
    if page.total or not wanted.search:
        return page
    corrected = mended(wanted.search, await reads.catalog.similar_words(wanted.search))
    if corrected is None:
        return page
    again = await reads.catalog.page(onlooker, replace(wanted, search=corrected), paging, asked=wanted)
    return replace(again, extra={"corrected_search": corrected}) if again.total else page


def _cleaned(wanted: Wanted) -> Wanted:
    """By the rules that the courses' own fields were cleaned by."""
    problems: list[Problem] = []
    if wanted.order is Sort.RELEVANCE and not wanted.search:
        problems.append(Problem("sort", "relevance goes with a search"))
    question = Question.of(wanted.search or "")
    if question.unwanted and not question.wanted:
        problems.append(Problem("search", "a word to look for beside those to leave out"))
    language = wanted.language and clean_language(wanted.language, "language", problems)
    refuse_if_any(problems)
    category = category_key(wanted.category) if wanted.category else None
    return replace(wanted, category=category, language=language, tags=tuple(tag.casefold() for tag in wanted.tags))


async def listed(reads: CatalogReads, after: CourseId | None, limit: int) -> list[CourseId]:
    """For the operator at the command line."""
    return await reads.catalog.listed(after, limit)


async def categories(reads: CatalogReads, viewer: Actor | None) -> list[CategoryLine]:
    """With how many courses the viewer finds in each; at most 1,000."""
    return await reads.catalog.categories(Onlooker.of(viewer))
