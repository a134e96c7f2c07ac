"""Sections, lessons and their order."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.courses import queries
from lms_domain.courses.model import LessonKind, Section
from lms_domain.courses.outline import Order, SectionOrder
from lms_domain.courses.use_cases import lessons, outline, sections
from lms_domain.courses.views.authoring import DraftSections
from lms_domain.courses.views.lesson import LessonView
from lms_domain.courses.views.outline import OutlineView
from lms_domain.kernel import CourseId, LessonId, SectionId
from lms_entrypoints.http.courses import given_fields
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenRun, GivenViewer

Title = Annotated[str, Meta(examples=["The hive in spring"])]
Content = Annotated[
    dict[str, Any],
    Meta(
        description="By kind. text: `format` (markdown or html), `body`. video: `url`, `sources`, `captions`, "
        "`poster`, `transcript`. file: `url`, `name`, `media_type`, `size`. link: `url`. quiz and assignment: "
        "`format`, `body`, `problems`. video, file and link may have a `description`.",
        examples=[{"format": "markdown", "body": "# Spring\n\nOpen the hive on a *warm* day."}],
    ),
]
Rule = Annotated[
    dict[str, Any],
    Meta(
        description='`{"kind": "viewed"}`, `{"kind": "min_seconds", "seconds": 60}` or, for a video with a duration, '
        '`{"kind": "watched_share", "percent": 80}`',
        examples=[{"kind": "viewed"}],
    ),
]


class AddSection(Struct, forbid_unknown_fields=True, kw_only=True):
    title: Title
    summary: Annotated[str, Meta(examples=["March to May"])] = ""


class ChangeSection(Struct, forbid_unknown_fields=True, kw_only=True):
    title: Title | UnsetType = UNSET
    summary: Annotated[str, Meta(examples=["March to May"])] | UnsetType = UNSET


class Taught(Struct, forbid_unknown_fields=True, kw_only=True):
    content: Content | UnsetType = UNSET
    required: Annotated[bool, Meta(examples=[True])] | UnsetType = UNSET
    preview: Annotated[bool, Meta(description="Readable without enrollment", examples=[False])] | UnsetType = UNSET
    completion_rule: Rule | UnsetType = UNSET
    duration_seconds: Annotated[int | None, Meta(examples=[300])] | UnsetType = UNSET
    metadata: Annotated[dict[str, Any], Meta(examples=[{"season": "spring"}])] | UnsetType = UNSET


class AddLesson(Taught, forbid_unknown_fields=True, kw_only=True):
    title: Title
    kind: Annotated[LessonKind, Meta(examples=["text"])] = LessonKind.TEXT


class ChangeLesson(Taught, forbid_unknown_fields=True, kw_only=True):
    title: Title | UnsetType = UNSET
    kind: Annotated[LessonKind, Meta(examples=["text"])] | UnsetType = UNSET


class SectionPlace(Struct, forbid_unknown_fields=True, kw_only=True):
    id: Annotated[UUID, Meta(examples=["019a6f00-0000-7000-8000-000000000001"])]
    lessons: Annotated[list[UUID], Meta(max_length=5000, examples=[["019a6f00-0000-7000-8000-000000000002"]])]


class ArrangeOutline(Struct, forbid_unknown_fields=True, kw_only=True):
    """Every active section and lesson exactly once, in their new order."""

    sections: Annotated[list[SectionPlace], Meta(max_length=1000)]


class SectionController(Controller):
    tags = ("Authoring",)

    @get("/courses/{course_id:uuid}/sections", summary="Read the draft's outline")
    async def drafted(self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId]) -> DraftSections:
        """For the staff: active sections with their lessons, as they are drafted. The ETag is the course's."""
        return await ask(queries.draft_sections, actor, course_id)

    @post("/courses/{course_id:uuid}/sections", summary="Add a section")
    async def add(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], data: JSONBody[AddSection]
    ) -> Section:
        """Behind the sections that are there."""
        return await run(sections.add_section, actor, course_id, given_fields(data))

    @patch("/sections/{section_id:uuid}", summary="Change a section")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        section_id: FromPath[SectionId],
        data: JSONBody[ChangeSection],
        expected: GivenExpected,
    ) -> Section:
        return await run(sections.change_section, actor, section_id, given_fields(data), expected=expected)

    @delete("/sections/{section_id:uuid}", summary="Delete a section")
    async def delete(
        self, run: GivenRun, actor: GivenActor, section_id: FromPath[SectionId], expected: GivenExpected
    ) -> None:
        """With its lessons, from the draft. `restore` brings them back; learners keep them until the next publish."""
        await run(sections.delete_section, actor, section_id, expected=expected)

    @post("/sections/{section_id:uuid}/restore", summary="Restore a deleted section", status_code=200)
    async def restore(self, run: GivenRun, actor: GivenActor, section_id: FromPath[SectionId]) -> Section:
        """With its lessons, behind the sections that are there."""
        return await run(sections.restore_section, actor, section_id)


class LessonController(Controller):
    tags = ("Authoring",)

    @post("/sections/{section_id:uuid}/lessons", summary="Add a lesson")
    async def add(
        self, run: GivenRun, actor: GivenActor, section_id: FromPath[SectionId], data: JSONBody[AddLesson]
    ) -> LessonView:
        """Behind the lessons that are in the section. A quiz or an assignment is not required unless that is said."""
        return await run(lessons.add_lesson, actor, section_id, given_fields(data))

    @get("/lessons/{lesson_id:uuid}", summary="Read a lesson", security=[{}, {"bearer": []}])
    async def read(self, ask: GivenAsk, viewer: GivenViewer, lesson_id: FromPath[LessonId]) -> LessonView:
        """Staff read the draft. Everybody else reads what is published: previews without enrollment, the others with.

        The problems of a quiz are never part of what a learner reads here.
        """
        return await ask(queries.lesson, viewer, lesson_id)

    @patch("/lessons/{lesson_id:uuid}", summary="Change a lesson")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        lesson_id: FromPath[LessonId],
        data: JSONBody[ChangeLesson],
        expected: GivenExpected,
    ) -> LessonView:
        """The draft only; learners read it after the next publish."""
        return await run(lessons.change_lesson, actor, lesson_id, given_fields(data), expected=expected)

    @delete("/lessons/{lesson_id:uuid}", summary="Delete a lesson")
    async def delete(
        self, run: GivenRun, actor: GivenActor, lesson_id: FromPath[LessonId], expected: GivenExpected
    ) -> None:
        """From the draft. `restore` brings it back; learners keep it until the next publish."""
        await run(lessons.delete_lesson, actor, lesson_id, expected=expected)

    @post("/lessons/{lesson_id:uuid}/restore", summary="Restore a deleted lesson", status_code=200)
    async def restore(self, run: GivenRun, actor: GivenActor, lesson_id: FromPath[LessonId]) -> LessonView:
        """Behind the lessons that are in its section."""
        return await run(lessons.restore_lesson, actor, lesson_id)


class OutlineController(Controller):
    tags = ("Authoring",)

    @get("/courses/{course_id:uuid}/outline", summary="Read the outline", security=[{}, {"bearer": []}])
    async def read(self, ask: GivenAsk, viewer: GivenViewer, course_id: FromPath[CourseId]) -> OutlineView:
        """What is published. `accessible` says which lessons you may read, `status` how far you are with each."""
        return await ask(queries.outline, viewer, course_id)

    @put("/courses/{course_id:uuid}/outline", summary="Put the outline in order")
    async def arrange(
        self,
        run: GivenRun,
        actor: GivenActor,
        course_id: FromPath[CourseId],
        data: JSONBody[ArrangeOutline],
        expected: GivenExpected,
    ) -> DraftSections:
        """The whole order of the draft in one call; lessons may move into other sections.

        Every active section and lesson must be named exactly once. `If-Match` takes the version of the course.
        """
        order = Order(
            course_id=course_id,
            sections=tuple(
                SectionOrder(id=SectionId(each.id), lessons=tuple(LessonId(id) for id in each.lessons))
                for each in data.sections
            ),
        )
        return await run(outline.arrange, actor, order, expected=expected)
