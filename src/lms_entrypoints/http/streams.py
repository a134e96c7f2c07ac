"""Server-sent events (HTML Living Standard §9.2): what is new, as soon as somebody rings."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.response import Stream

from lms_domain.kernel import LmsError, Unavailable
from lms_entrypoints.hub import Hub
from lms_entrypoints.services import Services

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
BREATH_SECONDS = 15.0  # proxies cut what is silent for longer, often after 30 or 60


@dataclass(frozen=True, slots=True)
class Told:
    """`lines`: id, kind and data of each. `cursor`: where to go on. `is_end`: nothing will follow."""

    lines: Sequence[tuple[str, str, object]]
    cursor: str
    has_more: bool = False
    is_end: bool = False


Read = Callable[[str], Awaitable[Told]]


class TooManyStreams(Unavailable):
    message = "Too many are listening already; read the list instead, or try again later."


async def streamed(
    services: Services, request: Request[Any, Any, Any], read: Read, cursor: str
) -> Stream | Response[None]:
    """`cursor`: unless the client says where it was. What is refused is refused before the stream begins.

    204 where nothing will follow: it tells browsers not to come back.
    """
    hub = services.hub
    if hub.is_full:
        raise TooManyStreams
    ticket = hub.ticket()
    first = await read(request.headers.get("last-event-id", cursor))
    if first.is_end and not first.lines:
        return Response(None, status_code=204, headers=HEADERS)
    seconds = 0 if request.scope["state"].get("is_head") else services.settings.server.stream_seconds
    pieces = _pieces(hub, read, first, ticket, _still_welcome(services, request), seconds)
    return Stream(pieces, media_type="text/event-stream", headers=HEADERS)


def _still_welcome(services: Services, request: Request[Any, Any, Any]) -> Callable[[], Awaitable[bool]]:
    bearer = request.scope["state"]["sender"].bearer

    async def asked() -> bool:
        try:
            return not (await services.gate.ask(bearer, ())).revoked
        except LmsError:
            return False  # it cannot be known; the client comes back and is told so

    return asked


async def _pieces(
    hub: Hub,
    read: Read,
    told: Told,
    ticket: asyncio.Event,
    is_welcome: Callable[[], Awaitable[bool]],
    seconds: float,
) -> AsyncIterator[bytes]:
    """Until the time is up, the session has ended, or the server stops: then the client comes back."""
    end = time.monotonic() + seconds
    yield f"retry: 1000\nid: {told.cursor}\ndata:\n\n".encode() if not told.lines else b"retry: 1000\n\n"
    with hub.listening():
        while True:
            for line in told.lines:
                yield _encoded(*line)
            if told.is_end:
                return
            if not told.has_more:
                left = end - time.monotonic()
                if left <= 0 or hub.is_closed:
                    return
                if not await hub.heard(ticket, min(left, BREATH_SECONDS)):
                    yield b": still here\n\n"
                if not await is_welcome():
                    return
            ticket = hub.ticket()
            try:
                told = await read(told.cursor)
            except LmsError:
                return  # refused now, or away: the client comes back and is told why


def _encoded(id: str, kind: str, data: object) -> bytes:
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (id.encode(), kind.encode(), msgspec.json.encode(data))
