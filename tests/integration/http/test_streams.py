"""Streams as they are served: whom they leave room for, what an idle one sends, and when one ends."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import msgspec
import pytest
from litestar.exceptions import LitestarException
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import Person, School

from lms_domain.kernel import UserId, new_id
from lms_entrypoints.container import Container
from lms_entrypoints.http import streams
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.wire import App, Message
from lms_entrypoints.hub import MOST_OF_ONE, Hub
from lms_entrypoints.running import running
from lms_entrypoints.services import Services
from lms_entrypoints.settings import ServerSettings

FEED, MINE = "/api/v1/events/stream", "/api/v1/me/notifications/stream"
PATIENCE = 60


class Listener:
    """A client of one stream: it reads what comes as it comes, until it goes away."""

    def __init__(self, app: App, authorization: str, path: str) -> None:
        self.came: asyncio.Queue[Message] = asyncio.Queue()
        self._gone = asyncio.Event()
        headers = [(b"authorization", authorization.encode()), (b"host", b"lms.test")]
        scope: dict[str, Any] = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http"}
        scope |= {"path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "headers": headers}
        scope |= {"client": ("127.0.0.1", 1234), "server": ("lms.test", 80), "asgi": {"version": "3.0"}}
        self.served = asyncio.ensure_future(app(scope, self._receive, self._send))
        self._has_asked = False

    async def status(self) -> int:
        return int((await self._next())["status"])

    async def until(self, piece: bytes) -> None:
        while piece not in (await self._next())["body"]:
            pass

    async def goes(self) -> None:
        self._gone.set()
        await asyncio.wait_for(self.served, PATIENCE)

    async def _next(self) -> Message:
        return await asyncio.wait_for(self.came.get(), PATIENCE)

    async def _receive(self) -> Message:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        self.came.put_nowait(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            self._gone.set()  # as servers tell it: nothing more can be said


class Broken(Listener):
    """Its connection breaks as the answer begins."""

    async def goes(self) -> None:
        with pytest.raises(LitestarException, match="after response started"):
            await super().goes()

    async def _send(self, _: Message) -> None:
        raise BrokenPipeError


class Stalled(Listener):
    """It takes nothing of what it is sent, so that the server waits for it."""

    async def _send(self, message: Message) -> None:
        await super()._send(message)
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()


class Hall:
    """A server whose streams stay open."""

    def __init__(self, app: App) -> None:
        self._app, self._open = app, list[Listener]()

    def listener(self, who: Person | Signed, path: str = FEED, kind: type[Listener] = Listener) -> Listener:
        if isinstance(who, Signed):
            shown = f"Bearer {who.tokens['access_token']}"
        else:
            shown = who.client.headers["authorization"]
        self._open.append(kind(self._app, shown, path))
        return self._open[-1]

    async def empty(self) -> None:
        for listener in self._open:
            await listener.goes()


@pytest.fixture
async def hall(services: Services) -> AsyncIterator[Hall]:
    settings = msgspec.structs.replace(services.settings, server=ServerSettings(stream_seconds=3600))
    given = replace(services, settings=settings)
    made = Hall(at_the_edge(build_app(given), given))
    yield made
    await made.empty()


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


async def test_an_idle_stream_breathes(hall: Hall, school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BREATH_SECONDS", 0.05)
    stream = hall.listener(await school.learner(), MINE)
    assert await stream.status() == 200
    for _ in range(3):
        await stream.until(b": still here\n\n")


async def test_of_all_streams_that_one_user_asks_for_at_once_others_find_room(hall: Hall, school: School) -> None:
    ada, grace = await school.learner(), await school.learner()
    greedy = [hall.listener(ada, MINE) for _ in range(2 * MOST_OF_ONE)]
    statuses = [await each.status() for each in greedy]
    assert (statuses.count(200), statuses.count(429)) == (MOST_OF_ONE, MOST_OF_ONE)
    assert await hall.listener(grace, MINE).status() == 200
    refused = greedy[statuses.index(429)]
    await refused.until(b'"code":"too_many_streams_of_yours"')
    await greedy[statuses.index(200)].goes()
    assert await hall.listener(ada, MINE).status() == 200


async def test_a_client_that_is_gone_before_its_stream_begins_leaves_its_place(hall: Hall, school: School) -> None:
    ada = await school.learner()
    for _ in range(MOST_OF_ONE + 1):
        await hall.listener(ada, MINE).goes()
    assert await hall.listener(ada, MINE).status() == 200


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> Counter[UserId]:
    """That are taken. They are remembered here, so that no garbage collector gives back what nobody else does."""
    taken, remembered = Counter[UserId](), list[AbstractContextManager[None]]()
    place = Hub.place

    @contextmanager
    def counted(hub: Hub, user_id: UserId) -> Iterator[None]:
        with place(hub, user_id):
            taken[user_id] += 1
            try:
                yield
            finally:
                taken[user_id] -= 1

    def noted(hub: Hub, user_id: UserId) -> AbstractContextManager[None]:
        remembered.append(counted(hub, user_id))
        return remembered[-1]

    monkeypatch.setattr(Hub, "place", noted)
    return taken


@pytest.mark.parametrize("kind", [Listener, Stalled])
async def test_a_place_is_taken_until_the_client_goes(
    hall: Hall, school: School, places: Counter[UserId], kind: type[Listener]
) -> None:
    ada = await school.learner()
    stream = hall.listener(ada, MINE, kind)
    assert await stream.status() == 200
    await stream.until(b"retry")
    assert places[ada.id] == 1
    await stream.goes()
    assert places[ada.id] == 0


async def test_a_place_is_free_again_where_no_answer_arrives(
    hall: Hall, school: School, places: Counter[UserId]
) -> None:
    ada = await school.learner()
    await hall.listener(ada, MINE, Broken).goes()
    assert places == {ada.id: 0}


async def test_a_place_is_taken_until_the_server_ends_the_stream(
    hall: Hall, school: School, places: Counter[UserId], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For whatever reason: here it cannot tell any more who is welcome."""

    async def is_welcome() -> bool:
        await asyncio.wait_for(is_over.wait(), PATIENCE)
        return False

    is_over, ada = asyncio.Event(), await school.learner()
    monkeypatch.setattr(streams, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(streams, "_still_welcome", lambda *_: is_welcome)
    stream = hall.listener(ada, MINE)
    assert await stream.status() == 200
    assert places[ada.id] == 1
    is_over.set()
    await asyncio.wait_for(stream.served, PATIENCE)
    assert places[ada.id] == 0


async def test_what_is_refused_or_over_at_once_takes_no_place(school: School, hall: Hall) -> None:
    ada, admin = await school.learner(), await school.admin()
    for _ in range(MOST_OF_ONE + 1):
        assert await hall.listener(ada, f"/api/v1/jobs/{new_id()}/stream").status() == 404
        assert (await admin.client.head(FEED)).status_code == 200
    assert await hall.listener(ada, MINE).status() == 200
    assert await hall.listener(admin).status() == 200


async def test_a_ring_ends_the_stream_of_an_ended_session(
    hall: Hall, client: httpx.AsyncClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else could: without a ring it would be found out in an hour."""
    monkeypatch.setattr(streams, "LOOK_SECONDS", 3600.0)
    account = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
    await client.post("/api/v1/auth/register", json=account)
    mine, other = await sign_in(client), await sign_in(client)
    ended, kept = hall.listener(mine, MINE), hall.listener(other, MINE)
    assert (await ended.status(), await kept.status()) == (200, 200)
    async with running(container.relay().work):
        await client.post("/api/v1/auth/logout", json={"refresh_token": mine.tokens["refresh_token"]})
        await asyncio.wait_for(ended.served, PATIENCE)
    assert not kept.served.done()
