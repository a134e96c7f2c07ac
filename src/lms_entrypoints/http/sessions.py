"""Where somebody is signed in, for themselves and for admins."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath

from lms_domain.identity import queries, use_cases
from lms_domain.identity.views import SessionLine
from lms_domain.kernel import Page, SessionId, UserId
from lms_entrypoints.http.given import GivenActor, GivenAsk, GivenPaging, GivenRun


class MySessionController(Controller):
    path = "/me/sessions"
    tags = ["Account"]

    @get(summary="List where I am signed in")
    async def sessions(self, ask: GivenAsk, actor: GivenActor, paging: GivenPaging) -> Page[SessionLine]:
        """The one used last comes first; `current` is the one that asks."""
        return await ask(queries.my_sessions, actor, paging)

    @delete("/{session_id:uuid}", summary="Sign out there")
    async def end(self, run: GivenRun, actor: GivenActor, session_id: FromPath[SessionId]) -> None:
        """Its tokens are refused from the next request on."""
        await run(use_cases.end_my_session, actor, session_id)

    @post("/end-others", summary="Sign out everywhere else", status_code=204)
    async def end_others(self, run: GivenRun, actor: GivenActor) -> None:
        await run(use_cases.end_my_other_sessions, actor)

    @post("/end-all", summary="Sign out everywhere", status_code=204)
    async def end_all(self, run: GivenRun, actor: GivenActor) -> None:
        """Here too."""
        await run(use_cases.end_all_my_sessions, actor)


class UserSessionController(Controller):
    path = "/users/{user_id:uuid}/sessions"
    tags = ["Users"]

    @get(summary="List where somebody is signed in")
    async def sessions(
        self, ask: GivenAsk, actor: GivenActor, user_id: FromPath[UserId], paging: GivenPaging
    ) -> Page[SessionLine]:
        """For admins."""
        return await ask(queries.sessions_of, actor, user_id, paging)

    @post("/end-all", summary="Sign somebody out everywhere", status_code=204)
    async def end_all(self, run: GivenRun, actor: GivenActor, user_id: FromPath[UserId]) -> None:
        """For admins."""
        await run(use_cases.end_sessions_of, actor, user_id)
