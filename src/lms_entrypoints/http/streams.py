"""Server-sent events (HTML Living Standard §9.2): what is new, as soon as somebody rings."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Stream

from lms_domain.kernel import Actor, LmsError
from lms_entrypoints.hub import Hub
from lms_entrypoints.services import Services

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
BREATH_SECONDS = 15.0  # proxies cut what is silent for longer, often after 30 or 60
LOOK_SECONDS = 5.0  # a ring may be lost: what nobody rang for, an ended session too, waits no longer


@dataclass(frozen=True, slots=True)
class Told:
    """`lines`: id, kind and data of each. `cursor`: where to go on. `is_end`: nothing will follow."""

    lines: Sequence[tuple[str, str, object]]
    cursor: str
    has_more: bool = False
    is_end: bool = False


Read = Callable[[str], Awaitable[Told]]


async def streamed(
    services: Services,
    request: Request[Any, Any, Any],
    actor: Actor,
    read: Read,
    cursor: str,
    *,
    look_seconds: float | None = None,
) -> Stream | Response[None]:
    """`cursor`: unless the client says where it was. `look_seconds`: where less is rung for than there is to see.

    What is refused is refused before the stream begins. 204 where nothing will follow: it tells browsers not to come
    back.
    """
    hub, state = services.hub, request.scope["state"]
    # Until the last piece; or the end of the request, where nobody was there to ask for the first.
    held: ExitStack = state["held"].enter_context(ExitStack())
    held.enter_context(hub.place(actor.acting_admin_id or actor.id))
    ticket = hub.ticket()
    first = await read(request.headers.get("last-event-id", cursor))
    if first.is_end and not first.lines:
        return Response(None, status_code=204, headers=HEADERS)
    held.enter_context(hub.listening())
    seconds = 0 if state.get("is_head") else services.settings.server.stream_seconds
    look = LOOK_SECONDS if look_seconds is None else look_seconds
    following = Following(hub, read, _still_welcome(services, request), seconds=seconds, look_seconds=look)
    return Stream(_while_held(held, following.pieces(first, ticket)), media_type="text/event-stream", headers=HEADERS)


def _still_welcome(services: Services, request: Request[Any, Any, Any]) -> Callable[[], Awaitable[bool]]:
    bearer = request.scope["state"]["sender"].bearer

    async def asked() -> bool:
        try:
            return not (await services.gate.ask(bearer, ())).revoked
        except LmsError:
            return False  # it cannot be known; the client comes back and is told so

    return asked


async def _while_held(held: ExitStack, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    with held:
        async for piece in pieces:
            yield piece


class Following:
    """One stream, until the time is up, the session has ended, or the server stops: then the client comes back.

    `seconds`: it may take. `look_seconds`: between looks that nobody rang for. `now`: seconds of some clock.
    """

    def __init__(
        self,
        hub: Hub,
        read: Read,
        is_welcome: Callable[[], Awaitable[bool]],
        *,
        seconds: float,
        look_seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub, self._read, self._is_welcome = hub, read, is_welcome
        self._look, self._now = look_seconds, now
        self._sent = self._asked = now()
        self._end = self._sent + seconds

    async def pieces(self, told: Told, ticket: asyncio.Event) -> AsyncIterator[bytes]:
        yield f"retry: 1000\nid: {told.cursor}\n\n".encode() if not told.lines else b"retry: 1000\n\n"
        while True:
            for line in told.lines:
                yield _encoded(*line)
                self._sent = self._now()
            if told.is_end or self._hub.is_closed or self._end <= self._now():
                return
            rang = not told.has_more and await self._hub.heard(ticket, self._pause())
            if self._now() - self._sent >= BREATH_SECONDS:
                yield b": still here\n\n"
                self._sent = self._now()
            ticket = self._hub.ticket()
            try:
                if not await self._may_go_on(rang=rang):
                    return
                told = await self._read(told.cursor)
            except LmsError:
                return  # refused now, or away: the client comes back and is told why

    def _pause(self) -> float:
        """Seconds until something is to be done, though nobody rings."""
        now = self._now()
        return max(0.0, min(self._look, self._end - now, self._sent + BREATH_SECONDS - now))

    async def _may_go_on(self, *, rang: bool) -> bool:
        """Who ends a session rings; a ring that was lost is made up for. A server that stops has no time to look."""
        if self._hub.is_closed:
            return False
        if not rang and self._now() - self._asked < LOOK_SECONDS:
            return True
        self._asked = self._now()
        return await self._is_welcome()


def _encoded(id: str, kind: str, data: object) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (id.encode(), kind.encode(), msgspec.json.encode(data))
