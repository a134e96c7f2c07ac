"""What learners and staff read: one page at a time, each page for the same price."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from tests.integration.classroom import Classroom, a_classroom, add_staff
from tests.integration.enrollments.test_progress import VIEWED, enrolled

from lms_adapters.postgres.direct import fetch_first
from lms_adapters.postgres.enrollments_rosters import _roster
from lms_adapters.postgres.keyset import Keyset
from lms_domain.enrollments import queries, use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.codes import CodeDraft
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.ports import ROSTER_SORTS, RosterFilter
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import Forbidden, Invalid, NotFound, PageRequest
from lms_entrypoints.doors import Ask, Run

Counting = Callable[[], AbstractContextManager[list[str]]]
EVERYBODY = RosterFilter()


@pytest.fixture
async def room(engine: Any) -> Classroom:
    return await a_classroom(engine)


async def a_class(run: Run, room: Classroom, count: int) -> None:
    rows = [RollRow(user_id=who.id) for who in await room.learners(count)]
    await run(use_cases.enroll_many, room.teacher, room.course_id, rows)


async def test_the_dashboard_shows_where_to_resume(engine: Any, run: Run, ask: Ask, room: Classroom) -> None:
    ada, other = await room.learner(), await a_classroom(engine)
    begun = await enrolled(run, room, ada)
    await enrolled(run, other, ada)
    await run(
        use_cases.record_progress, ada, begun.id, room.lessons[1].id, report=Report(position_seconds=7, viewed=True)
    )
    page = await ask(queries.mine, ada, PageRequest())
    new, old = page.items
    assert (page.total, page.next_cursor) == (2, None)
    assert (old.course.title, old.course.thumbnail, old.progress_percent) == ("Bees", "/bees.png", 50)
    assert old.resume is not None
    assert new.resume is not None
    assert (old.resume.lesson_id, old.resume.position_seconds) == (room.lessons[1].id, 7)
    assert (new.resume.lesson_id, new.resume.position_seconds) == (other.lessons[0].id, 0)


async def test_the_dashboard_tells_states_apart(engine: Any, run: Run, ask: Ask, room: Classroom) -> None:
    full, left = await a_classroom(engine, seats=1), await a_classroom(engine)
    ada, bob = await room.learners(2)
    await enrolled(run, room, ada)
    await enrolled(run, full, bob)
    await run(use_cases.enroll, ada, full.course_id, Wish(waitlist=True))
    await run(use_cases.drop, ada, (await enrolled(run, left, ada)).id)

    async def courses(status: Status | None) -> set[Any]:
        page = await ask(queries.mine, ada, PageRequest(), status)
        assert page.total == len(page.items)
        return {line.course_id for line in page.items}

    assert await courses(None) == {room.course_id, full.course_id}
    assert await courses(Status.ACTIVE) == {room.course_id}
    assert await courses(Status.DROPPED) == {left.course_id}
    assert await courses(Status.COMPLETED) == set()
    [waiting] = (await ask(queries.mine, ada, PageRequest(), Status.WAITLISTED)).items
    assert waiting.waitlist_position == 1


async def test_a_transcript_tells_what_became_of_each_course(engine: Any, run: Run, ask: Ask, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    for lesson in room.lessons:
        await run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED)
    await run(use_cases.drop, ada, state.id)
    await room.change(is_active=False)
    never_begun = await a_classroom(engine)
    await run(use_cases.drop, ada, (await enrolled(run, never_begun, ada)).id)
    [line] = (await ask(queries.transcript, ada, PageRequest())).items
    assert (line.title, line.lessons_completed, line.progress_percent) == ("Bees", 2, 100)
    assert line.completed_at is not None


@pytest.mark.parametrize("sort", [*ROSTER_SORTS, *(f"-{name}" for name in ROSTER_SORTS)])
async def test_following_the_cursor_shows_everybody_once_in_order(
    run: Run, ask: Ask, room: Classroom, sort: str
) -> None:
    await a_class(run, room, 25)
    seen, cursor = [], None
    for _ in range(10):
        page = await ask(
            queries.roster,
            room.teacher,
            room.course_id,
            PageRequest(page_size=7, cursor=cursor),
            RosterFilter(sort=sort),
        )
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    everything = await ask(
        queries.roster, room.teacher, room.course_id, PageRequest(page_size=100), RosterFilter(sort=sort)
    )
    assert seen == everything.items
    assert len({line.learner_id for line in seen}) == 25 == page.total
    if sort.endswith("name"):
        names = [line.full_name.lower() for line in seen]
        assert names == sorted(names, reverse=sort.startswith("-"))


async def test_pages_by_number_are_the_same_pages(run: Run, ask: Ask, room: Classroom) -> None:
    await a_class(run, room, 10)
    first = await ask(queries.roster, room.teacher, room.course_id, PageRequest(page_size=4), EVERYBODY)
    by_cursor = PageRequest(page_size=4, cursor=first.next_cursor)
    by_number = PageRequest(page_size=4, page=2)
    following = [await ask(queries.roster, room.teacher, room.course_id, p, EVERYBODY) for p in (by_cursor, by_number)]
    assert following[0].items == following[1].items
    beyond = await ask(queries.roster, room.teacher, room.course_id, PageRequest(page=9), EVERYBODY)
    assert (beyond.items, beyond.total) == ([], 10)


async def test_a_cursor_belongs_to_its_list(run: Run, ask: Ask, room: Classroom) -> None:
    await a_class(run, room, 3)
    page = await ask(queries.roster, room.teacher, room.course_id, PageRequest(page_size=1), EVERYBODY)
    for cursor in (page.next_cursor, "x", "AAAA", "bnVsbA"):
        with pytest.raises(Invalid):
            await ask(
                queries.roster,
                room.teacher,
                room.course_id,
                PageRequest(cursor=cursor),
                RosterFilter(sort="name"),
            )


async def test_the_roster_is_searched_and_filtered(run: Run, ask: Ask, room: Classroom) -> None:
    [percent], ada = await room.learners(1, "100%_pure"), await room.learner("Ada")
    await a_class(run, room, 5)
    for who in (percent, ada):
        await enrolled(run, room, who)

    async def found(**only: Any) -> int:
        page = await ask(queries.roster, room.teacher, room.course_id, PageRequest(), RosterFilter(**only))
        assert page.total == len(page.items)
        return page.total

    assert await found(search="%") == 1
    assert await found(search="100%_P") == 1
    assert await found(search=r"\ ") == 0
    assert await found(search="ada 0", status=Status.ACTIVE) == 2
    assert await found(status=Status.DROPPED) == 0
    with pytest.raises(Invalid):
        await found(sort="shoe_size")


async def test_the_roster_is_for_the_staff(run: Run, ask: Ask, room: Classroom) -> None:
    ada, assistant, stranger = await room.learners(3)
    await enrolled(run, room, ada)
    await add_staff(room, assistant, "assistant")
    assert (await ask(queries.roster, assistant, room.course_id, PageRequest(), EVERYBODY)).total == 1
    with pytest.raises(Forbidden):
        await ask(queries.roster, ada, room.course_id, PageRequest(), EVERYBODY)
    await room.change(visibility="members")
    with pytest.raises(NotFound):
        await ask(queries.roster, stranger, room.course_id, PageRequest(), EVERYBODY)


async def test_codes_are_listed_page_by_page(run: Run, ask: Ask, room: Classroom) -> None:
    made = [await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft()) for _ in range(3)]
    first = await ask(queries.codes, room.teacher, room.course_id, PageRequest(page_size=2))
    rest = await ask(queries.codes, room.teacher, room.course_id, PageRequest(page_size=2, cursor=first.next_cursor))
    assert [*first.items, *rest.items] == made[::-1]
    assert (first.total, rest.next_cursor) == (3, None)


async def test_the_thousandth_page_costs_what_the_first_costs(engine: Any, run: Run, ask: Ask, room: Classroom) -> None:
    """PostgreSQL counts the blocks it touches: a figure that no busy machine can spoil."""
    await a_class(run, room, 5_000)
    async with engine.connect() as conn:
        await (await conn.execution_options(isolation_level="AUTOCOMMIT")).exec_driver_sql("vacuum analyze enrollments")
    cursors: list[str | None] = [None]
    while cursors[-1] is not None or len(cursors) == 1:
        page = PageRequest(page_size=100, cursor=cursors[-1])
        cursors.append((await ask(queries.roster, room.teacher, room.course_id, page, EVERYBODY)).next_cursor)
    first, last = [await _blocks(engine, ask, room, cursor) for cursor in (cursors[0], cursors[-3])]
    assert last <= first * 1.2 + 10


async def _blocks(engine: Any, ask: Ask, room: Classroom, cursor: str | None) -> int:
    """How many blocks reading one page of the roster touches."""
    keyset = Keyset.of(PageRequest(page_size=20, cursor=cursor), "sort_key", "roster", room.course_id, EVERYBODY)
    statement = _roster("-enrolled_at", False, False, keyset.follows)
    given = {"course_id": room.course_id} | keyset.parameters
    async with engine.connect() as conn:
        explained = await fetch_first(conn, f"explain (analyze, buffers, format json) {statement}", given, ["plan"])
    assert explained is not None
    plan = explained["plan"][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
