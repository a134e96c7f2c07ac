"""What learners say of a course."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.courses import review_queries
from lms_domain.courses.reviews import ReviewId, ReviewLine, ReviewSort
from lms_domain.courses.use_cases import reviewing
from lms_domain.kernel import CourseId, Page
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun, GivenViewer, sent


class WriteReview(Struct, forbid_unknown_fields=True, kw_only=True):
    rating: Annotated[int, Meta(description="1 to 5", examples=[5])]
    body: Annotated[str, Meta(examples=["I know my bees by name now."])] = ""


class ChangeReview(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    rating: Annotated[int, Meta(description="1 to 5", examples=[4])] | UnsetType = UNSET
    body: (
        Annotated[str | None, Meta(description="null clears it.", examples=["I know most of my bees by name."])]
        | UnsetType
    ) = UNSET


class ReviewController(Controller):
    tags = ["Reviews"]

    @post("/courses/{course_id:uuid}/reviews", summary="Review a course")
    async def review(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], data: JSONBody[WriteReview]
    ) -> ReviewLine:
        """Once, after 20 % of the course."""
        return await run(reviewing.review, actor, course_id, rating=data.rating, body=data.body)

    @get("/courses/{course_id:uuid}/reviews", summary="List the reviews", security=[{}, {"bearer": []}])
    async def reviews(
        self,
        ask: GivenAsk,
        viewer: GivenViewer,
        course_id: FromPath[CourseId],
        paging: GivenPaging,
        rating: Annotated[int | None, QueryParameter(ge=1, le=5)] = None,
        sort: Annotated[ReviewSort, QueryParameter()] = ReviewSort.NEWEST,
    ) -> Page[ReviewLine]:
        """Of a course that you may see."""
        return await ask(review_queries.reviews, viewer, course_id, rating=rating, sort=sort, paging=paging)

    @get("/reviews/{review_id:uuid}", summary="Read a review", security=[{}, {"bearer": []}])
    async def read(self, ask: GivenAsk, viewer: GivenViewer, review_id: FromPath[ReviewId]) -> ReviewLine:
        return await ask(review_queries.review, viewer, review_id)

    @patch("/reviews/{review_id:uuid}", summary="Change a review")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        review_id: FromPath[ReviewId],
        data: JSONBody[ChangeReview],
        expected: GivenExpected,
    ) -> ReviewLine:
        """Your own, also after you have left the course."""
        return await run(reviewing.change_review, actor, review_id, sent(data), expected=expected)

    @delete("/reviews/{review_id:uuid}", summary="Delete a review")
    async def remove(
        self, run: GivenRun, actor: GivenActor, review_id: FromPath[ReviewId], expected: GivenExpected
    ) -> None:
        """Your own, also after you have left the course; its staff any of the course."""
        await run(reviewing.delete_review, actor, review_id, expected=expected)
