"""Sums that were changed behind the back of the application are found, shown and mended, whoever is at work."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background
from tests.integration.classroom import Classroom, LessonPlan, a_classroom
from tests.integration.enrollments.test_progress import VIEWED, counted_anew, enrolled, published
from tests.integration.enrollments.test_races import must_add_up
from tests.integration.enrollments.test_upkeep import rows, struck
from tests.integration.school import Person, School

from lms_domain.drifts import DriftKind
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.kernel import new_id
from lms_domain.schedules import Schedule
from lms_domain.upkeep.mending import mend
from lms_entrypoints.cli.__main__ import lms as command
from lms_entrypoints.doors import Run
from lms_entrypoints.services import Services

Lms = Callable[..., Result]


@pytest.fixture
async def room(engine: AsyncEngine) -> Classroom:
    return await a_classroom(engine, [LessonPlan() for _ in range(4)])


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def admin(school: School) -> Person:
    return await school.admin()


@pytest.fixture
def lms(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Lms:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *args: CliRunner().invoke(command, ["drifts", *args])


async def spoil(room: Classroom, *statements: str) -> None:
    async with room.engine.begin() as conn:
        for statement in statements:
            await conn.execute(text(statement))


async def a_spoiled_enrollment(run: Run, room: Classroom) -> EnrollmentId:
    """One of four lessons done, of which nothing is kept; and seats that nobody has."""
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=VIEWED)
    await spoil(
        room,
        "update course_counters set seats_taken = 7",
        "update enrollments set required_done = 0, progress_percent = 0",
    )
    return state.id


async def figures(school: School) -> dict[str, float]:
    lines = (await school.stranger().client.get("/metrics")).text.splitlines()
    told = {line.rpartition(" ")[0]: line.rpartition(" ")[2] for line in lines}
    return {kind: float(told[f'lms_drifts{{kind="{kind}"}}']) for kind in DriftKind}


async def test_what_was_found_is_listed_and_mended(run: Run, room: Classroom, school: School, admin: Person) -> None:
    assert await figures(school) == {"course": 0, "enrollment": 0}
    mine = await a_spoiled_enrollment(run, room)
    await struck(run, Schedule.CHECK_AGGREGATES)
    assert await figures(school) == {"course": 1, "enrollment": 1}
    listed = await admin.ask("GET", "/drifts?page_size=1")
    assert listed.json()["meta"] | {"total": 2, "page_size": 1, "pages": 2} == listed.json()["meta"]
    [found] = await admin.json("GET", "/drifts?kind=course")
    assert found["found_at"] == found["seen_at"]
    assert {name: found[name] for name in ("kind", "subject_id", "kept", "counted")} == {
        "kind": "course",
        "subject_id": str(room.course_id),
        "kept": {"seats_taken": 7},
        "counted": {"seats_taken": 1},
    }

    course, progress = f"/drifts/course/{room.course_id}/mend", f"/drifts/enrollment/{mine}/mend"
    assert (await admin.json("POST", course))["counted"] == {"seats_taken": 1}
    assert [each["kind"] for each in await admin.json("GET", "/drifts")] == ["enrollment"]
    assert (await admin.json("POST", progress))["kept"] == {"required_done": 0}
    for path in (course, progress):
        assert (await admin.json("POST", path))["counted"] == {}
    assert await admin.json("GET", "/drifts") == []
    await must_add_up(room)
    assert await rows(room, "select required_done, progress_percent from enrollments") == [(1, 25)]
    trail = await admin.json("GET", f"/audit?target_kind=drift&actor_id={admin.id}")
    assert [(line["action"], line["target_id"]) for line in trail] == [
        ("drift.mended", str(mine)),
        ("drift.mended", str(room.course_id)),
    ]
    assert {line["organization_id"] for line in trail} == {str(room.organization_id)}
    await struck(run, Schedule.CHECK_AGGREGATES)
    assert await figures(school) == {"course": 0, "enrollment": 0}


async def test_the_newest_comes_first_page_by_page(room: Classroom, admin: Person) -> None:
    ids = [str(new_id()) for _ in range(5)]
    seed = "insert into drifts select 'course', '{}', '{{}}', '{{}}', now() - interval '{} hours', now()"
    await spoil(room, *(seed.format(id, n) for n, id in enumerate(ids)))
    first = (await admin.ask("GET", "/drifts?page_size=2")).json()
    rest = await admin.json("GET", f"/drifts?page_size=3&cursor={first['meta']['next_cursor']}")
    by_number = await admin.json("GET", "/drifts?page_size=2&page=2")
    assert [each["subject_id"] for each in [*first["data"], *rest]] == ids
    assert [each["subject_id"] for each in by_number] == ids[2:4]
    assert await admin.json("GET", "/drifts?kind=enrollment") == []


async def test_what_is_right_by_now_is_only_forgotten(run: Run, room: Classroom, admin: Person) -> None:
    """The numbers of the report are old: nothing is set to them."""
    await a_spoiled_enrollment(run, room)
    await struck(run, Schedule.CHECK_AGGREGATES)
    await spoil(room, "update course_counters set seats_taken = 1")
    await enrolled(run, room, await room.learner())
    mended = await admin.json("POST", f"/drifts/course/{room.course_id}/mend")
    assert (mended["kept"], mended["counted"]) == ({}, {})
    assert [each["kind"] for each in await admin.json("GET", "/drifts")] == ["enrollment"]
    assert await admin.json("GET", f"/audit?target_kind=drift&target_id={room.course_id}") == []
    await must_add_up(room)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/drifts?kind=lesson", 422),
        ("POST", "/drifts/lesson/019a6f00-0000-7000-8000-000000000001/mend", 422),
        ("POST", "/drifts/course/019a6f00-0000-7000-8000-000000000001/mend", 404),
        ("POST", "/drifts/enrollment/019a6f00-0000-7000-8000-000000000001/mend", 404),
    ],
)
async def test_what_is_not_there_is_refused(admin: Person, method: str, path: str, status: int) -> None:
    assert (await admin.ask(method, path)).status_code == status


async def test_a_mending_waits_for_an_enrollment_and_counts_it(run: Run, room: Classroom) -> None:
    """Somebody holds the turnstile, and has not committed."""
    await a_spoiled_enrollment(run, room)
    async with room.engine.begin() as conn:
        await conn.execute(text("select from course_counters for no key update"))
        mending = asyncio.create_task(run(mend, None, DriftKind.COURSE, room.course_id))
        await asyncio.sleep(0.3)
        assert not mending.done()
        await conn.execute(text("update enrollments set status = 'dropped', is_active = false"))
        await conn.execute(text("update course_counters set seats_taken = seats_taken - 1"))
    assert (await mending).counted == {"seats_taken": 0, "enrollment_count": 0}
    await must_add_up(room)


async def test_mending_beside_a_class_that_comes_and_goes_misses_nobody(run: Run, engine: AsyncEngine) -> None:
    room = await a_classroom(engine, seats=6)
    learners = await room.learners(16)

    async def come_and_go(n: int) -> None:
        answer: Any = await run(use_cases.enroll, learners[n], room.course_id, Wish(waitlist=True))
        if n % 2:
            await run(use_cases.drop, learners[n], answer.id)

    async def spoil_and_mend() -> None:
        for _ in range(12):
            await spoil(room, "update course_counters set enrollment_count = 99, waitlisted = waitlisted + 5")
            await run(mend, None, DriftKind.COURSE, room.course_id)

    await asyncio.gather(*(come_and_go(n) for n in range(16)), spoil_and_mend(), spoil_and_mend())
    await struck(run, Schedule.PROMOTE_WAITLISTS)
    await must_add_up(room)
    assert (await room.counters())["seats_taken"] == 6


async def test_mending_beside_lessons_and_publications_misses_none(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    first = room.lessons[:4]

    async def study(lesson: LessonPlan) -> None:
        await run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED)

    async def spoil_and_mend() -> None:
        for _ in range(6):
            await spoil(room, "update enrollments set required_done = 1")
            await run(mend, None, DriftKind.ENROLLMENT, state.id)

    async def publish() -> None:
        for optional in (2, 1):
            await published(room, [*first, *(LessonPlan(required=False) for _ in range(optional))])

    await asyncio.gather(*(study(lesson) for lesson in first), spoil_and_mend(), spoil_and_mend(), publish())
    assert await counted_anew(room.engine, state.id) == (4, 4)
    assert await rows(room, "select required_done, required_total, progress_percent, status from enrollments") == [
        (4, 4, 100, "completed")
    ]
    assert await rows(room, "select count(*) from outbox where name = 'enrollment.completed'") == [(1,)]


async def test_a_completion_that_was_missed_is_counted(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await spoil(
        room,
        "insert into lesson_progress select e.id, l.id, now(), now(), 0, 0, 0, true, now()"
        " from enrollments e cross join lessons l",
    )
    for _ in range(2):
        await run(mend, None, DriftKind.ENROLLMENT, state.id)
    await a_background(run).drain()
    assert (await room.counters())["completed_count"] == 1


async def test_the_same_at_the_command_line(run: Run, room: Classroom, lms: Lms) -> None:
    mine = await a_spoiled_enrollment(run, room)
    await struck(run, Schedule.CHECK_AGGREGATES)

    def told(*args: str) -> list[str]:
        result = lms(*args)
        assert result.exit_code == 0, result.output
        return result.output.splitlines()

    course = f"course:{room.course_id}"
    [line] = await asyncio.to_thread(told, "--kind", "course")
    assert line.startswith(f"{course}  seats_taken 7, counted 1  found 20")
    assert await asyncio.to_thread(told, "mend", course) == [f"{course}  seats_taken 7, counted 1"]
    assert await asyncio.to_thread(told, "mend", course) == [f"{course}  nothing differs"]
    assert await asyncio.to_thread(told, "--kind", "course", "mend", "--all") == []
    assert await asyncio.to_thread(told, "mend", "--all") == [f"enrollment:{mine}  required_done 0, counted 1"]
    assert await asyncio.to_thread(told) == []
    assert (
        await rows(
            room,
            "select operator is not null, via from audit_entries where action = 'drift.mended'"
            " order by seq desc limit 2",
        )
        == [(True, "cli")] * 2
    )
    for wrong in (["mend"], ["mend", "--all", course], ["mend", str(mine)], ["--kind", "lesson"]):
        assert (await asyncio.to_thread(lms, *wrong)).exit_code == 2
