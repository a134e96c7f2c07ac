"""The feed is complete, ordered and without gaps, whoever writes at once and however often a reader comes back."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from uuid import UUID

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background
from tests.integration.classroom import Classroom, a_classroom
from tests.integration.school import Person, School
from tests.integration.tasks.plant import Plant, free_port

from lms_domain.courses.events import CourseUnpublished
from lms_domain.feed import queries
from lms_domain.feed.views import FeedLine, Wanted
from lms_domain.kernel import Actor, Permission
from lms_domain.ports import AllPorts
from lms_domain.standing import CourseStatus
from lms_domain.tasks.use_cases import plan
from lms_entrypoints.doors import Run
from lms_entrypoints.event_kinds import event_kinds
from lms_entrypoints.hub import MOST_OF_ONE
from lms_entrypoints.services import Services

ALL = Wanted(organization_id=None)


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def admin(school: School) -> Person:
    return await school.admin()


def reader(actor_of: Classroom) -> Actor:
    return Actor(id=actor_of.teacher.id, permissions=frozenset({Permission.READ_ALL_EVENTS}))


async def something(ports: AllPorts, room: Classroom, times: int = 1, *, wait: float = 0) -> None:
    for _ in range(times):
        ports.emit(
            CourseUnpublished(
                at=ports.clock.now(), course_id=room.course_id, by=room.teacher.id, before=CourseStatus.PUBLISHED
            )
        )
    await asyncio.sleep(wait)


class Storm:
    """Writers, relays and readers at once, each at a pace of its own."""

    def __init__(self, run: Run, services: Services, rooms: list[Classroom]) -> None:
        self._run, self._ask, self._rooms = run, services.ask, rooms
        self._is_over = self._is_told = False

    async def blow(self, *, writers: int, relays: int, readers: int) -> list[list[FeedLine]]:
        """What each reader has seen."""
        reading = [asyncio.create_task(self._read(number)) for number in range(readers)]
        relaying = [asyncio.create_task(self._relay()) for _ in range(relays)]
        await asyncio.gather(*map(self._write, range(writers)))
        while await self._run(plan, 1000):
            pass
        self._is_over = True
        await asyncio.gather(*relaying)
        while await self._run(plan, 1000):  # what was left while one of them had the turn
            pass
        self._is_told = True  # not before: a relay may have been telling what this one found nothing left of
        return await asyncio.gather(*reading)

    async def _write(self, number: int) -> None:
        chance = random.Random(number)
        for _ in range(15):
            room, times, wait = chance.choice(self._rooms), chance.randint(1, 3), chance.random() / 50
            await self._run(something, room, times, wait=wait)

    async def _relay(self) -> None:
        while not self._is_over:
            await self._run(plan, random.randint(1, 20))

    async def _read(self, number: int) -> list[FeedLine]:
        chance, cursor, seen = random.Random(number), "0", list[FeedLine]()
        while True:
            was_told = self._is_told
            if chance.random() < 0.2:
                await asyncio.sleep(chance.random() / 20)  # away, and back with the last cursor
            page = await self._ask(queries.after, reader(self._rooms[0]), cursor, ALL, chance.randint(1, 40))
            seen, cursor = seen + page.items, page.next_cursor
            if was_told and not page.has_more:
                return seen


async def test_writers_readers_and_relays_at_once_skip_nothing(
    run: Run, room: Classroom, services: Services, engine: AsyncEngine
) -> None:
    """Transactions get their numbers when they write and are seen when they commit, which is another order."""
    storm = Storm(run, services, [room, *[await a_classroom(engine) for _ in range(3)]])
    all_seen = await storm.blow(writers=8, relays=2, readers=5)
    async with engine.connect() as conn:
        written = [id for (id,) in await conn.execute(text("select id from outbox where name = 'course.unpublished'"))]
        told = [id for (id,) in await conn.execute(text("select id from feed order by position"))]
    assert sorted(told) == sorted(written)
    for seen in all_seen:
        assert [line.id for line in seen] == told
        of_course: dict[UUID, list[int]] = {}
        for line in seen:
            of_course.setdefault(line.aggregate_id, []).append(line.sequence)
        assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in of_course.values())


async def test_an_organization_reads_what_is_its_own(
    school: School, run: Run, room: Classroom, engine: AsyncEngine, admin: Person
) -> None:
    other = await a_classroom(engine)
    await run(something, room, 2)
    await run(something, other, 3)
    await a_background(run).drain()
    own = await admin.json("GET", f"/events?organization_id={room.organization_id}")
    assert [line["organization_id"] for line in own] == [str(room.organization_id)] * 2
    everything = await admin.json("GET", "/events?kind=course.unpublished&kind=course.published")
    assert Counter(line["kind"] for line in everything)["course.unpublished"] == 5
    for line in everything:
        [kind] = [each for each in event_kinds() if each.kind == line["kind"]]
        Draft202012Validator(kind.schema).validate(line["data"])


async def test_reading_goes_on_where_it_was(run: Run, room: Classroom, admin: Person) -> None:
    await run(something, room, 5)
    await a_background(run).drain()
    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"after": cursor} if cursor else {})
        answer = (await admin.client.get("/api/v1/events", params=query)).json()
        seen += [line["sequence"] for line in answer["data"] if line["kind"] == "course.unpublished"]
        cursor = answer["meta"]["next_cursor"]
        if not answer["meta"]["has_more"]:
            break
    assert seen == [1, 2, 3, 4, 5]
    assert await admin.json("GET", f"/events?after={cursor}") == []
    now = (await admin.client.get("/api/v1/events?after=now")).json()
    assert (now["data"], now["meta"]) == ([], {"next_cursor": cursor, "has_more": False})


async def test_who_was_away_for_too_long_is_told_instead_of_missing_something(
    run: Run, room: Classroom, admin: Person, engine: AsyncEngine
) -> None:
    await run(something, room, 5)
    await a_background(run).drain()

    async def forget(ports: AllPorts) -> int:
        return await ports.feed.purge(ports.clock.now(), 3)

    assert await run(forget) == 3
    assert await admin.refused("GET", "/events?after=1") == (409, "events_forgotten")
    first = await admin.json("GET", "/events?kind=course.unpublished")
    await run(forget)
    await run(forget)
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from feed"))).scalar() == 1  # the newest stays
    await run(something, room)
    await a_background(run).drain()
    last = await admin.json("GET", f"/events?after={first[-1]['cursor']}")
    assert last[-1]["sequence"] == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("after=x", "after"),
        ("after=99999999", "after"),
        ("after=-1", "after"),
        ("kind=bee.flew", "kind"),
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("organization_id=1", "organization_id"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_name(admin: Person, query: str, field: str) -> None:
    for path in ("/events", "/events/stream"):
        if path == "/events/stream" and field == "limit":
            continue
        answer = await admin.client.get(f"/api/v1{path}?{query}")
        assert answer.status_code == 422, answer.text
        assert [problem["field"] for problem in answer.json()["error"]["details"]["problems"]] == [field]


async def test_only_admins_of_the_instance_may_leave_out_whose(school: School) -> None:
    teacher = await school.teacher()
    answer = await teacher.client.get("/api/v1/events")
    assert answer.status_code == 422
    assert "organization_id" in answer.text


def lines_of(stream: str) -> list[dict[str, str]]:
    """Blocks of a stream of server-sent events."""
    blocks = [block for block in stream.split("\n\n") if block and not block.startswith(":")]
    return [dict(line.split(": ", 1) for line in block.splitlines() if ": " in line) for block in blocks]


async def test_a_stream_goes_on_from_the_last_id_that_was_seen(run: Run, room: Classroom, admin: Person) -> None:
    await run(something, room, 5)
    await a_background(run).drain()
    whole = lines_of((await admin.client.get("/api/v1/events/stream?after=0")).text)[1:]
    again = {"last-event-id": whole[1]["id"]}
    rest = lines_of((await admin.client.get("/api/v1/events/stream?after=0", headers=again)).text)[1:]
    assert rest == whole[2:]
    assert whole[0]["event"] == "course.unpublished"
    head = await admin.client.head("/api/v1/events/stream")
    assert (head.status_code, head.content) == (200, b"")


async def test_a_served_stream_tells_what_happens_while_it_is_open(
    plant: Plant, run: Run, room: Classroom, school: School, admin: Person
) -> None:
    port = free_port()
    plant.start("serve", "--port", str(port))
    plant.fork("relay")
    await plant.until_served(port)
    auth = {"authorization": admin.client.headers["authorization"]}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=auth, timeout=60) as client,
        client.stream("GET", "/events/stream") as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.aiter_lines()
        await anext(lines)
        await run(something, room)
        async for line in lines:
            if line.startswith("event: "):
                break
        assert line == "event: course.unpublished"


async def test_a_served_stream_that_its_client_leaves_makes_room_for_another(plant: Plant, admin: Person) -> None:
    port = free_port()
    plant.start("serve", "--port", str(port))
    await plant.until_served(port)
    auth, path = {"authorization": admin.client.headers["authorization"]}, "/events/stream"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=auth, timeout=60) as client:

        async def has_room() -> bool:
            async with client.stream("GET", path) as stream:
                return stream.status_code == 200

        async with AsyncExitStack() as held:
            for _ in range(MOST_OF_ONE):
                stream = await held.enter_async_context(client.stream("GET", path))
                assert stream.status_code == 200
            assert not await has_room()
        for _ in range(2 * MOST_OF_ONE):  # each of which has left before the next one comes, or soon after
            await plant.until(has_room)


async def test_served_streams_that_have_ended_make_room_for_others(plant: Plant, admin: Person) -> None:
    """By the time that their client reads of the end."""
    port = free_port()
    plant.start("serve", "--port", str(port), SERVER_STREAM_SECONDS="1")
    await plant.until_served(port)
    auth, path = {"authorization": admin.client.headers["authorization"]}, "/events/stream"
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1", headers=auth, timeout=60) as client:
        for _ in range(2):
            answers = await asyncio.gather(*(client.get(path) for _ in range(MOST_OF_ONE)))
            assert [answer.status_code for answer in answers] == [200] * MOST_OF_ONE
