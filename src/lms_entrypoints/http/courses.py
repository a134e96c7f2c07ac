"""Making, describing and reading courses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.courses import queries
from lms_domain.courses.model import Level, Price
from lms_domain.courses.use_cases import authoring, copying
from lms_domain.courses.views.course import CourseView
from lms_domain.kernel import CourseId, OrganizationId
from lms_domain.standing import Visibility
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenRun, GivenViewer


class PriceRequest(Struct, forbid_unknown_fields=True, kw_only=True):
    """`amount` in minor units (cents) of the ISO 4217 `currency`. An amount of 0 makes the course free."""

    amount: Annotated[int, Meta(examples=[4900])]
    currency: Annotated[str, Meta(examples=["EUR"])]


class Described(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a course may be said to be. A field that is left out stays as it is."""

    slug: Annotated[str, Meta(examples=["keeping-bees"])] | UnsetType = UNSET
    summary: Annotated[str, Meta(examples=["From the first hive to the first honey."])] | UnsetType = UNSET
    description: (
        Annotated[str, Meta(description="Markdown", examples=["## What awaits you\n\nA year at the hive."])] | UnsetType
    ) = UNSET
    language: Annotated[str, Meta(description="BCP 47", examples=["en"])] | UnsetType = UNSET
    level: Annotated[Level, Meta(examples=["beginner"])] | UnsetType = UNSET
    category: Annotated[str | None, Meta(examples=["nature"])] | UnsetType = UNSET
    tags: Annotated[list[str], Meta(examples=[["bees", "honey"]])] | UnsetType = UNSET
    objectives: Annotated[list[str], Meta(examples=[["Read a comb"]])] | UnsetType = UNSET
    requirements: Annotated[list[str], Meta(examples=[["A garden"]])] | UnsetType = UNSET
    estimated_minutes: Annotated[int | None, Meta(examples=[240])] | UnsetType = UNSET
    thumbnail: Annotated[str | None, Meta(examples=["https://example.org/bees.jpg"])] | UnsetType = UNSET
    price: PriceRequest | UnsetType | None = UNSET
    visibility: Annotated[Visibility, Meta(examples=["public"])] | UnsetType = UNSET
    seats: Annotated[int | None, Meta(examples=[25])] | UnsetType = UNSET
    enrollment_opens_at: Annotated[datetime | None, Meta(examples=["2030-03-01T08:00:00Z"])] | UnsetType = UNSET
    enrollment_closes_at: Annotated[datetime | None, Meta(examples=["2030-04-01T08:00:00Z"])] | UnsetType = UNSET
    access_days: Annotated[int | None, Meta(examples=[365])] | UnsetType = UNSET
    prerequisite_ids: Annotated[list[UUID], Meta(examples=[[]])] | UnsetType = UNSET
    metadata: Annotated[dict[str, Any], Meta(examples=[{"season": "spring"}])] | UnsetType = UNSET


class CreateCourse(Described, forbid_unknown_fields=True, kw_only=True):
    """Only `title` must be given."""

    title: Annotated[str, Meta(examples=["Keeping bees"])]
    organization_id: Annotated[UUID | None, Meta(examples=["00000000-0000-0000-0000-000000000001"])] = None


class ChangeCourse(Described, forbid_unknown_fields=True, kw_only=True):
    title: Annotated[str, Meta(examples=["Keeping bees"])] | UnsetType = UNSET


class DuplicateCourse(Struct, forbid_unknown_fields=True, kw_only=True):
    title: Annotated[str, Meta(examples=["Keeping bees, autumn"])] | UnsetType = UNSET


def given_fields(body: Struct) -> Mapping[str, Any]:
    """What the caller has sent, null where they sent null."""
    sent = {name: getattr(body, name) for name in body.__struct_fields__}
    values = {name: value for name, value in sent.items() if value is not UNSET}
    if isinstance(price := values.get("price"), PriceRequest):
        values["price"] = Price(amount=price.amount, currency=price.currency)
    return values


class CourseController(Controller):
    tags = ("Authoring",)

    @post("/courses", summary="Create a course")
    async def create(self, run: GivenRun, actor: GivenActor, data: JSONBody[CreateCourse]) -> CourseView:
        """Make a draft that you own. Without a `slug` it gets one that is made of its title.

        Without an `organization_id` it belongs to the default organization.
        """
        place = OrganizationId(data.organization_id) if data.organization_id else None
        return await run(authoring.create, actor, given_fields(data), organization_id=place)

    @get("/courses/{course_id:uuid}", summary="Read a course", security=[{}, {"bearer": []}])
    async def read(self, ask: GivenAsk, viewer: GivenViewer, course_id: FromPath[CourseId]) -> CourseView:
        """Staff see the draft of the descriptive fields, everybody else what was published last."""
        return await ask(queries.course, viewer, course_id)

    @get("/courses/slug/{slug:str}", summary="Read a course by its slug", security=[{}, {"bearer": []}])
    async def read_by_slug(self, ask: GivenAsk, viewer: GivenViewer, slug: FromPath[str]) -> CourseView:
        return await ask(queries.course_by_slug, viewer, slug)

    @patch("/courses/{course_id:uuid}", summary="Change a course")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        data: JSONBody[ChangeCourse],
        expected: GivenExpected,
    ) -> CourseView:
        """Descriptive fields are drafted and wait for the next publish; slug, price, visibility, seats, enrollment
        window, access, prerequisites and metadata are in effect at once.
        """
        return await run(authoring.change, actor, course_id, given_fields(data), expected=expected)

    @delete("/courses/{course_id:uuid}", summary="Delete a course")
    async def delete(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], expected: GivenExpected
    ) -> None:
        """Softly: `restore` brings it back with everything that belongs to it."""
        await run(authoring.delete, actor, course_id, expected=expected)

    @post("/courses/{course_id:uuid}/restore", summary="Restore a deleted course", status_code=200)
    async def restore(self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId]) -> CourseView:
        return await run(authoring.restore, actor, course_id)

    @post("/courses/{course_id:uuid}/duplicate", summary="Duplicate a course")
    async def duplicate(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        data: JSONBody[DuplicateCourse | None] = None,
    ) -> CourseView:
        """A new draft with the same page, settings, sections and lessons, and with nobody on it."""
        return await run(copying.duplicate, actor, course_id, given_fields(data) if data else {})
