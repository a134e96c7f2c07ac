"""Revisions: what learners read, and its history."""

from typing import Annotated

from litestar import Controller, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from lms_domain.courses import queries
from lms_domain.courses.diff import RevisionDiff
from lms_domain.courses.use_cases import publishing
from lms_domain.courses.views.course import CourseView
from lms_domain.courses.views.revisions import RevisionLine, RevisionView
from lms_domain.kernel import CourseId, Page
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun


class Publish(Struct, forbid_unknown_fields=True, kw_only=True):
    """`note`: what is new, for the history."""

    note: Annotated[str, Meta(examples=["A lesson on swarms"])] = ""


class PublishingController(Controller):
    tags = ("Publishing",)

    @post("/courses/{course_id:uuid}/publish", summary="Publish the draft", may_be_so_already=True)
    async def publish(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        expected: GivenExpected,
        data: JSONBody[Publish | None] = None,
    ) -> RevisionLine:
        """Freeze the draft as the next revision, which learners read from now on.

        A draft that is not ready answers 422 `not_publishable` with every problem. A draft without anything new makes
        no revision: the answer is 200 and the last one, which is shown again if it was not.
        """
        note = data.note if data else ""
        return await run(publishing.publish, actor, course_id, note=note, expected=expected)

    @post("/courses/{course_id:uuid}/unpublish", summary="Take a course back", status_code=200)
    async def unpublish(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], expected: GivenExpected
    ) -> CourseView:
        """Nobody but the staff sees it until it is published again. Enrollments and progress stay."""
        return await run(publishing.unpublish, actor, course_id, expected=expected)

    @post("/courses/{course_id:uuid}/archive", summary="Archive a course", status_code=200)
    async def archive(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], expected: GivenExpected
    ) -> CourseView:
        """Out of the catalog and closed to newcomers; who is enrolled goes on reading."""
        return await run(publishing.archive, actor, course_id, expected=expected)

    @get("/courses/{course_id:uuid}/revisions", summary="List the revisions")
    async def revisions(
        self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId], paging: GivenPaging
    ) -> Page[RevisionLine]:
        """The newest first."""
        return await ask(queries.revisions, actor, course_id, paging)

    @get("/courses/{course_id:uuid}/revisions/{number:int}", summary="Read a revision")
    async def revision(
        self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId], number: FromPath[int]
    ) -> RevisionView:
        return await ask(queries.revision, actor, course_id, number)

    @get("/courses/{course_id:uuid}/revisions/{before:int}/diff/{after:int}", summary="Compare two revisions")
    async def diff(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        before: FromPath[int],
        after: FromPath[int],
    ) -> RevisionDiff:
        """What was added, removed, moved, renamed and changed on the way from one to the other."""
        return await ask(queries.revision_diff, actor, course_id, before, after)

    @post(
        "/courses/{course_id:uuid}/revisions/{number:int}/restore",
        summary="Make the draft what a revision was",
        status_code=200,
    )
    async def restore(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        number: FromPath[int],
        expected: GivenExpected,
    ) -> CourseView:
        """Lessons that were deleted since come back, newer ones are deleted softly; all keep their ids.

        Learners notice nothing before the next publish.
        """
        return await run(publishing.restore_revision, actor, course_id, number, expected=expected)
