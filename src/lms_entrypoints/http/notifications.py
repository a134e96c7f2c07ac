"""What somebody was told of, and how they want to be told."""

from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import UNSET, Meta, Struct, UnsetType

from lms_domain.kernel import Actor, Page
from lms_domain.notifications import queries, use_cases
from lms_domain.notifications.model import ByEmail, Frequency, NotificationId, NotificationKind
from lms_domain.notifications.views import NotificationFilter, NotificationView, PreferencesView, UnreadCount
from lms_domain.positions import NOW
from lms_entrypoints.doors import Ask
from lms_entrypoints.http.given import (
    GivenActor,
    GivenAsk,
    GivenExpected,
    GivenPaging,
    GivenRun,
    GivenServices,
    sent,
)
from lms_entrypoints.http.streams import Told, streamed

AT_ONCE = 100  # in one piece of the stream


class ReadAll(Struct, forbid_unknown_fields=True, kw_only=True):
    up_to: Annotated[
        str | None,
        Meta(description="`cursor` of the newest one that was shown; left out: whatever there is.", examples=["17"]),
    ] = None


class ChangeChoice(Struct, forbid_unknown_fields=True, kw_only=True):
    email: ByEmail | UnsetType = UNSET
    in_app: bool | UnsetType = UNSET


class ChangeKinds(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One for each of NotificationKind, so that what is wrong is named by its path."""

    enrolled: ChangeChoice | UnsetType = UNSET
    waitlisted: ChangeChoice | UnsetType = UNSET
    promoted: ChangeChoice | UnsetType = UNSET
    access_ending: ChangeChoice | UnsetType = UNSET
    access_ended: ChangeChoice | UnsetType = UNSET
    inactive: ChangeChoice | UnsetType = UNSET
    course_completed: ChangeChoice | UnsetType = UNSET
    announcement: ChangeChoice | UnsetType = UNSET


class ChangePreferences(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    kinds: ChangeKinds = ChangeKinds()
    digest: Frequency | UnsetType = UNSET


class NotificationController(Controller):
    path = "/me/notifications"
    tags = ["Notifications"]

    @get(summary="List my notifications")
    async def mine(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        paging: GivenPaging,
        unread: Annotated[bool | None, QueryParameter(description="Only these, or only those that were read.")] = None,
        kind: FromQuery[NotificationKind | None] = None,
    ) -> Page[NotificationView]:
        """The newest first; `meta.unread` counts those that were not read, as far as 1,000. Kept for 90 days."""
        return await ask(queries.mine, actor, NotificationFilter(unread=unread, kind=kind), paging)

    @get("/unread", summary="Count what I have not read")
    async def unread(self, ask: GivenAsk, actor: GivenActor) -> UnreadCount:
        return await ask(queries.unread, actor)

    @post("/read", summary="Mark all as read", status_code=200)
    async def read_all(self, run: GivenRun, actor: GivenActor, data: JSONBody[ReadAll]) -> UnreadCount:
        """With `up_to`, what has come since it was shown stays unread."""
        return await run(use_cases.read_all, actor, data.up_to)

    @post("/{notification_id:uuid}/read", summary="Mark one as read", status_code=200)
    async def read_one(
        self, run: GivenRun, actor: GivenActor, notification_id: FromPath[NotificationId]
    ) -> UnreadCount:
        return await run(use_cases.read_one, actor, notification_id)

    @get("/stream", summary="Follow my notifications")
    async def stream(
        self, request: Request[Any, Any, Any], services: GivenServices, actor: GivenActor
    ) -> Stream | Response[None]:
        """Each as a server-sent event as soon as it is there: `id` is its cursor, `event` its kind, `data` the
        notification as JSON. Begins with what comes next; with `Last-Event-ID`, as browsers send it, where it was.
        """

        async def read(cursor: str) -> Told:
            return await _told(services.ask, actor, cursor)

        return await streamed(services, request, actor, read, NOW)


class PreferenceController(Controller):
    path = "/me/notification-preferences"
    tags = ["Notifications"]

    @get(summary="Read how I want to be told")
    async def read(self, ask: GivenAsk, actor: GivenActor) -> PreferencesView:
        """Of every kind: in the list of notifications or not, and by letter at once, in the digest, or not at all."""
        return await ask(queries.preferences, actor)

    @patch(summary="Change how I want to be told")
    async def change(
        self, run: GivenRun, actor: GivenActor, data: JSONBody[ChangePreferences], expected: GivenExpected
    ) -> PreferencesView:
        """A digest that is being gathered goes out when it was to."""
        digest = None if isinstance(data.digest, UnsetType) else data.digest
        return await run(use_cases.change_preferences, actor, _chosen(data), digest, expected=expected)


def _chosen(data: ChangePreferences) -> Mapping[NotificationKind, Mapping[str, Any]]:
    return {NotificationKind(kind): sent(choice) for kind, choice in sent(data.kinds).items()}


async def _told(ask: Ask, actor: Actor, cursor: str) -> Told:
    page = await ask(queries.after, actor, cursor, AT_ONCE)
    return Told([(each.cursor, each.kind, each) for each in page.items], page.next_cursor, has_more=page.has_more)
