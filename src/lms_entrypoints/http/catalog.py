"""Finding published courses."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get
from litestar.params import QueryParameter

from lms_domain.courses import catalog
from lms_domain.courses.catalog import CategoryLine, Listing, Sort, Wanted
from lms_domain.courses.model import Level
from lms_domain.kernel import OrganizationId, Page, UserId
from lms_domain.text import clean_query
from lms_entrypoints.http.given import GivenAsk, GivenPaging, GivenViewer


class CatalogController(Controller):
    tags = ["Catalog"]
    security = [{}, {"bearer": []}]

    @get("/courses", summary="Find courses")
    async def find(
        self,
        ask: GivenAsk,
        viewer: GivenViewer,
        paging: GivenPaging,
        search: Annotated[
            str | None, QueryParameter(max_length=200, description='Words, "a phrase", -without, or OR.')
        ] = None,
        category: Annotated[str | None, QueryParameter(max_length=60)] = None,
        level: Annotated[Level | None, QueryParameter()] = None,
        language: Annotated[str | None, QueryParameter(max_length=35, description="`pt` finds pt-BR too.")] = None,
        tag: Annotated[list[str] | None, QueryParameter(max_items=10, description="Repeated: all of them.")] = None,
        free: Annotated[bool | None, QueryParameter()] = None,
        instructor: Annotated[UUID | None, QueryParameter()] = None,
        organization: Annotated[UUID | None, QueryParameter()] = None,
        sort: Annotated[Sort | None, QueryParameter()] = None,
    ) -> Page[Listing]:
        """Published courses that you may see. The newest come first, in a search those that fit best.

        A search finds words in titles, descriptions and lessons, in the forms that the course's language has; the last
        word may be a beginning. When nothing is found, words are mended, and `meta.corrected_search` says how.
        """
        wanted = Wanted(
            search=clean_query(search, "search"),
            category=clean_query(category, "category"),
            level=level,
            language=clean_query(language, "language"),
            tags=tuple(clean_query(each, "tag") or "" for each in tag or ()),
            free=free,
            instructor=UserId(instructor) if instructor else None,
            organization=OrganizationId(organization) if organization else None,
            sort=sort,
        )
        return await ask(catalog.find, viewer, wanted, paging)

    @get("/categories", summary="List the categories")
    async def categories(self, ask: GivenAsk, viewer: GivenViewer) -> list[CategoryLine]:
        """With how many courses you find in each."""
        return await ask(catalog.categories, viewer)
