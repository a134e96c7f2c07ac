"""What the staff of a course tell everybody who is on it."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.kernel import CourseId, Page
from lms_domain.notifications import queries, use_cases
from lms_domain.notifications.events import AnnouncementId
from lms_domain.notifications.views import AnnouncementView
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenExpected, GivenPaging, GivenRun, sent

Title = Annotated[str, Meta(description="1 to 200 characters", examples=["Friday's excursion"])]
Body = Annotated[str, Meta(description="Markdown, 1 to 20,000 characters", examples=["We meet at the **hives**."])]


class Announce(Struct, forbid_unknown_fields=True, kw_only=True):
    title: Title
    body: Body


class ChangeAnnouncement(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    title: Title | UnsetType = UNSET
    body: Body | UnsetType = UNSET


class AnnouncementController(Controller):
    tags = ["Announcements"]

    @get("/courses/{course_id:uuid}/announcements", summary="List the announcements")
    async def announcements(
        self, ask: GivenAsk, actor: GivenActor, course_id: FromPath[CourseId], paging: GivenPaging
    ) -> Page[AnnouncementView]:
        """The newest first; for learners who have access, and for the staff."""
        return await ask(queries.announcements, actor, course_id, paging)

    @post("/courses/{course_id:uuid}/announcements", summary="Announce something")
    async def announce(
        self, run: GivenRun, actor: GivenActor, course_id: FromPath[CourseId], data: JSONBody[Announce]
    ) -> AnnouncementView:
        """Everybody who is on the course is told, each as they want to be: see docs/notifications.md."""
        return await run(use_cases.announce, actor, course_id, sent(data))

    @get("/announcements/{announcement_id:uuid}", summary="Read an announcement")
    async def announcement(
        self, ask: GivenAsk, actor: GivenActor, announcement_id: FromPath[AnnouncementId]
    ) -> AnnouncementView:
        return await ask(queries.announcement, actor, announcement_id)

    @patch("/announcements/{announcement_id:uuid}", summary="Change an announcement")
    async def change(
        self,
        run: GivenRun,
        actor: GivenActor,
        announcement_id: FromPath[AnnouncementId],
        data: JSONBody[ChangeAnnouncement],
        expected: GivenExpected,
    ) -> AnnouncementView:
        """Nobody is told again: who reads it from now on reads the new words."""
        return await run(use_cases.change_announcement, actor, announcement_id, sent(data), expected=expected)

    @delete("/announcements/{announcement_id:uuid}", summary="Withdraw an announcement")
    async def withdraw(
        self,
        run: GivenRun,
        actor: GivenActor,
        announcement_id: FromPath[AnnouncementId],
        expected: GivenExpected,
    ) -> None:
        """It is gone from every list, and letters that have not left do not leave."""
        await run(use_cases.withdraw_announcement, actor, announcement_id, expected=expected)
