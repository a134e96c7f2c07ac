"""The feed: all that has happened, for programs that follow it."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Stream

from lms_domain.feed import queries
from lms_domain.feed.views import EventKind, FeedLine, Wanted
from lms_domain.kernel import Actor, OrganizationId, Slice
from lms_domain.positions import NOW
from lms_entrypoints.event_kinds import event_kinds
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenServices
from lms_entrypoints.http.streams import Told, streamed

GivenWanted = NamedDependency[Wanted]
After = Annotated[
    str | None,
    QueryParameter(
        max_length=32, description="`next_cursor` of an earlier answer, or `now`; left out: the first event there is."
    ),
]


def wanted(
    organization_id: Annotated[
        OrganizationId | None, QueryParameter(description="Whose. Only instance admins may leave it out.")
    ] = None,
    kind: Annotated[
        list[str] | None, QueryParameter(max_items=50, description="Only these, such as `course.published`.")
    ] = None,
) -> Wanted:
    return Wanted(organization_id=organization_id, kinds=tuple(kind or ()))


class EventController(Controller):
    path = "/events"
    tags = ["Events"]
    dependencies = {"wanted": Provide(wanted, sync_to_thread=False)}

    @get(summary="Read what has happened", opt={"forgets": True})
    async def after(
        self,
        ask: GivenAsk,
        actor: GivenActor,
        wanted: GivenWanted,
        after: After = None,
        limit: Annotated[int, QueryParameter(ge=1, le=queries.MOST)] = 100,
    ) -> Slice[FeedLine]:
        """In one order, without gaps: who goes on from `meta.next_cursor` misses nothing, and an event that is told
        late is told later in the order. For admins of the organization, or of the instance. See docs/events.md.
        """
        return await ask(queries.after, actor, after, wanted, limit)

    @get("/stream", summary="Follow what happens", opt={"forgets": True})
    async def stream(
        self,
        request: Request[Any, Any, Any],
        services: GivenServices,
        actor: GivenActor,
        wanted: GivenWanted,
        after: After = None,
    ) -> Stream | Response[None]:
        """The same as server-sent events: `id` is the cursor, `event` the kind, `data` the event as JSON. A client that
        reconnects with `Last-Event-ID`, as browsers do, goes on where it was. Without a cursor: from now on.
        """

        async def read(cursor: str) -> Told:
            return await _told(services.ask, actor, cursor, wanted)

        return await streamed(services, request, actor, read, after or NOW)

    @get("/kinds", summary="What can happen")
    async def kinds(self, actor: GivenActor) -> list[EventKind]:  # noqa: ARG002 (whoever is signed in)
        """Every kind of event that the feed and webhooks tell of, with the version and JSON Schema of its data."""
        return event_kinds()


async def _told(ask: GivenAsk, actor: Actor, cursor: str, wanted: Wanted) -> Told:
    page = await ask(queries.after, actor, cursor, wanted, 100)
    return Told([(line.cursor, line.kind, line) for line in page.items], page.next_cursor, has_more=page.has_more)
