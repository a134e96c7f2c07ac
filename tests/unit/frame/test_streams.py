"""When a stream looks, asks and breathes: by a clock of its own, and an ear that rings when a test says so."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest
from tests.background import Mute

from lms_adapters.memory.gate import MemoryGate
from lms_domain.identity.events import SessionEnded
from lms_domain.kernel import SessionId, UserId, new_id
from lms_entrypoints.after_commit import AfterCommit
from lms_entrypoints.http.kept import KeptAnswers
from lms_entrypoints.http.streams import Following, Told
from lms_entrypoints.hub import MOST_OF_ONE, Hub, TooManyStreams, TooManyStreamsOfYours

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BREATH = b": still here\n\n"
NOTHING = Told([], "0")


class FakeEar:
    """Hears what is put into `rings`; False is a time that passed without any."""

    def __init__(self) -> None:
        self.rings: asyncio.Queue[bool] = asyncio.Queue()
        self.is_open = self._has_heard = False

    async def heard(self, _: float, /) -> bool:
        if self._has_heard:
            self.rings.task_done()  # for what was heard was acted upon
        self.is_open, self._has_heard = True, True
        return await self.rings.get()

    async def close(self) -> None:
        self.is_open = False


class FakeHub(Hub):
    """Time passes while it is waited on; it rings at the seconds of `rings`."""

    def __init__(self, *rings: float) -> None:
        super().__init__(FakeEar(), poll_seconds=1, most=1)
        self.time, self._rings = 0.0, list(rings)

    async def heard(self, _: asyncio.Event, seconds: float) -> bool:
        if self._rings and self._rings[0] <= self.time + seconds:
            self.time = self._rings.pop(0)
            return True
        self.time += seconds
        return False


class Course:
    """What one stream did, and when."""

    def __init__(self, hub: FakeHub, *, has: float = -1, welcome_until: float = 1e9) -> None:
        self._hub, self._has, self._until = hub, has, welcome_until
        self.looks, self.asks = list[float](), list[float]()
        self.sent = list[tuple[float, bytes]]()

    async def read(self, cursor: str) -> Told:
        """Something new, once, as soon as it is there."""
        self.looks.append(self._hub.time)
        is_new = 0 <= self._has <= self._hub.time and cursor == "0"
        return Told([("1", "bee.flew", {})], "1") if is_new else Told([], cursor)

    async def is_welcome(self) -> bool:
        self.asks.append(self._hub.time)
        return self._hub.time < self._until

    async def run(self, *, seconds: float = 60, look_seconds: float = 5) -> None:
        now: Callable[[], float] = lambda: self._hub.time  # noqa: E731 (a clock)
        following = Following(
            self._hub, self.read, self.is_welcome, seconds=seconds, look_seconds=look_seconds, now=now
        )
        async for piece in following.pieces(NOTHING, self._hub.ticket()):
            self.sent.append((self._hub.time, piece))


async def test_an_idle_stream_breathes_and_looks_only_now_and_then() -> None:
    course = Course(FakeHub())
    await course.run()
    assert [at for at, piece in course.sent if piece == BREATH] == [15, 30, 45, 60]
    assert course.looks == course.asks == list(range(5, 65, 5))


async def test_rings_that_are_about_others_do_not_keep_a_stream_from_breathing() -> None:
    course = Course(FakeHub(*(number + 0.5 for number in range(60))))
    await course.run(seconds=40)
    assert [at for at, piece in course.sent if piece == BREATH] == [15, 30]


async def test_what_was_sent_is_a_breath_too() -> None:
    course = Course(FakeHub(8), has=8)
    await course.run(seconds=30)
    assert [(at, piece == BREATH) for at, piece in course.sent[1:]] == [(8, False), (23, True)]


async def test_a_ring_has_a_stream_look_and_ask_at_once() -> None:
    course = Course(FakeHub(1, 1.2), welcome_until=1.2)
    await course.run()
    assert (course.looks, course.asks) == ([1], [1, 1.2])


async def test_whoever_is_not_welcome_any_more_is_found_out_without_a_ring() -> None:
    course = Course(FakeHub(), welcome_until=6)
    await course.run()
    assert course.asks == [5, 10]


async def test_a_stream_that_looks_often_asks_no_more_often_for_that() -> None:
    course = Course(FakeHub())
    await course.run(seconds=20, look_seconds=1)
    assert course.looks == list(range(1, 21))
    assert course.asks == [5, 10, 15, 20]


async def test_a_backlog_is_not_told_for_longer_than_any_stream() -> None:
    hub = FakeHub()

    async def read(cursor: str) -> Told:
        hub.time += 1
        return Told([(cursor, "bee.flew", {})], cursor, has_more=True)

    course = Course(hub)
    course.read = read  # type: ignore[method-assign]
    await course.run(seconds=12)
    assert (hub.time, course.asks) == (12, [5, 10])


async def test_a_stream_that_ends_with_its_server_looks_no_more() -> None:
    class Stopping(FakeHub):
        async def heard(self, _: asyncio.Event, seconds: float) -> bool:
            self.close()
            return await super().heard(_, seconds)

    course = Course(Stopping(1))
    await course.run()
    assert (len(course.sent), course.looks, course.asks) == (1, [], [])


async def test_a_stream_that_begins_while_its_server_stops_ends_at_once() -> None:
    hub = FakeHub()
    hub.close()
    course = Course(hub)
    await course.run()
    assert (len(course.sent), hub.time) == (1, 0)


@pytest.fixture
def ear() -> FakeEar:
    return FakeEar()


async def test_a_poll_rings_for_nobody_and_a_ring_for_all(ear: FakeEar) -> None:
    hub = Hub(ear, poll_seconds=1, most=9, rest_seconds=0)
    first, second = hub.ticket(), hub.ticket()
    with hub.listening():
        for rang in (False, False):
            ear.rings.put_nowait(rang)
        await asyncio.wait_for(ear.rings.join(), 30)
        assert not await hub.heard(first, 0)
        ear.rings.put_nowait(True)
        assert [await hub.heard(each, 30) for each in (first, second)] == [True, True]
        assert not hub.ticket().is_set()
    await asyncio.sleep(0)
    assert not ear.is_open


async def test_one_user_leaves_room_for_others_and_all_of_them_find_an_end(ear: FakeEar) -> None:
    hub = Hub(ear, poll_seconds=1, most=MOST_OF_ONE + 2)
    ada, grace, alan = (UserId(new_id()) for _ in range(3))
    with ExitStack() as held:
        mine = [held.enter_context(ExitStack()) for _ in range(MOST_OF_ONE)]
        for place in mine:
            place.enter_context(hub.place(ada))
        with pytest.raises(TooManyStreamsOfYours):
            held.enter_context(hub.place(ada))
        for other in (grace, alan):
            held.enter_context(hub.place(other))
        with pytest.raises(TooManyStreams):
            held.enter_context(hub.place(grace))
        mine[0].close()
        held.enter_context(hub.place(grace))
    with ExitStack() as held:
        for _ in range(MOST_OF_ONE):
            held.enter_context(hub.place(ada))


async def test_who_looks_when_a_sign_out_rings_finds_the_session_ended() -> None:
    order = list[str]()

    class Bell(Mute):
        def ring(self) -> None:
            order.append("rung")

    class Gate(MemoryGate):
        async def end_session(self, session_id: SessionId, /) -> None:
            await asyncio.sleep(0)
            order.append("told")
            await super().end_session(session_id)

    ended = SessionEnded(at=NOW, user_id=UserId(new_id()), session_id=new_id(), because="signed out")
    await AfterCommit(KeptAnswers(0), Gate(), Bell())([ended])
    assert order == ["told", "rung"]
