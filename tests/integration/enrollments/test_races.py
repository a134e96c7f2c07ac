"""Many at once: real transactions in parallel on PostgreSQL."""

import asyncio
import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text
from tests.integration.classroom import Classroom, LessonPlan, a_classroom
from tests.integration.enrollments.test_progress import VIEWED, counted_anew, enrolled, published

from lms_domain.courses.events import SettingsChanged
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.codes import CodeDraft
from lms_domain.enrollments.errors import CodeUsedUp, CourseIsFull, LessonNotInCourse
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import Actor, Again, LmsError
from lms_entrypoints.doors import Run
from lms_entrypoints.inline import Background


def tally(results: list[Any]) -> Counter[str]:
    return Counter(type(result).__name__ for result in results)


async def scalar(room: Classroom, query: str) -> Any:
    async with room.engine.connect() as conn:
        return (await conn.execute(text(query), {"course_id": room.course_id})).scalar()


async def must_add_up(room: Classroom) -> None:
    """Counters are what counting says, and nobody waits while a seat is free."""
    counters = await room.counters()
    seated = "select count(*) from enrollments where course_id = :course_id and status in ('active', 'completed')"
    waiting = "select count(*) from enrollments where course_id = :course_id and status = 'waitlisted'"
    assert counters["seats_taken"] == counters["enrollment_count"] == await scalar(room, seated)
    assert counters["waitlisted"] == await scalar(room, waiting)
    seats = await scalar(room, "select seats from courses where id = :course_id")
    if seats is not None:
        assert counters["seats_taken"] <= seats
        assert counters["seats_taken"] == seats or counters["waitlisted"] == 0


async def test_ten_learners_race_for_one_seat(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=1)
    learners = await room.learners(10)
    race = (run(use_cases.enroll, who, room.course_id) for who in learners)
    results = tally(await asyncio.gather(*race, return_exceptions=True))
    assert results == {"EnrollmentState": 1, CourseIsFull.__name__: 9}
    await must_add_up(room)


async def test_one_learner_enrolls_twenty_times_at_once(engine: Any, run: Run) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    results = tally(await asyncio.gather(*(run(use_cases.enroll, ada, room.course_id) for _ in range(20))))
    assert results == {"EnrollmentState": 1, Again.__name__: 19}
    await must_add_up(room)


async def test_twenty_learners_race_for_a_code_with_five_uses(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, price={"amount": 100, "currency": "EUR"})
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft(max_uses=5))
    wish, learners = Wish(code=code.code), await room.learners(20)
    race = (run(use_cases.enroll, who, room.course_id, wish) for who in learners)
    results = tally(await asyncio.gather(*race, return_exceptions=True))
    assert results == {"EnrollmentState": 5, CodeUsedUp.__name__: 15}
    assert await scalar(room, "select uses from enrollment_codes where course_id = :course_id") == 5


async def test_the_waitlist_moves_up_in_order_while_everybody_leaves(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=5)
    first, waiting = await room.learners(5), await room.learners(8)
    seated = [await enrolled(run, room, who) for who in first]
    for who in waiting:
        await run(use_cases.enroll, who, room.course_id, Wish(waitlist=True))
    await asyncio.gather(*(run(use_cases.drop, who, s.id) for who, s in zip(first, seated, strict=True)))
    await must_add_up(room)
    async with engine.connect() as conn:
        on_it = {id for (id,) in await conn.execute(text("select learner_id from enrollments where status = 'active'"))}
    assert on_it == {who.id for who in waiting[:5]}


async def test_the_last_lesson_is_completed_fifty_times_at_once_and_the_course_once(
    engine: Any, run: Run, background: Background
) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=VIEWED)
    last = room.lessons[1].id
    race = (run(use_cases.record_progress, ada, state.id, last, report=VIEWED) for _ in range(50))
    views = await asyncio.gather(*race)
    assert {(view.progress_percent, view.status) for view in views} == {(100, "completed")}
    assert await scalar(room, "select count(*) from outbox where name = 'enrollment.completed'") == 1
    await asyncio.gather(background.drain(), background.drain())
    assert (await room.counters())["completed_count"] == 1


async def test_both_last_lessons_are_completed_at_once_and_the_course_once(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, [LessonPlan() for _ in range(10)])
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    race = (run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED) for lesson in room.lessons * 3)
    await asyncio.gather(*race)
    assert await counted_anew(engine, state.id) == (10, 10)
    assert await scalar(room, "select required_done from enrollments where course_id = :course_id") == 10
    assert await scalar(room, "select count(*) from outbox where name = 'enrollment.completed'") == 1


async def test_publishing_while_a_class_works_miscounts_nobody(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, [LessonPlan() for _ in range(4)])
    learners = await room.learners(6)
    states = [await enrolled(run, room, who) for who in learners]
    revisions = [room.lessons[:3], room.lessons, room.lessons[1:], [*room.lessons, LessonPlan()]]

    async def work(n: int) -> None:
        for lesson in random.Random(n).sample(room.lessons, 4):
            with suppress(LessonNotInCourse):  # it has just been taken out
                await run(use_cases.record_progress, learners[n], states[n].id, lesson.id, report=VIEWED)

    async def publish() -> None:
        for lessons in revisions:
            await published(room, lessons)

    await asyncio.gather(publish(), *(work(n) for n in range(6)))
    for state in states:
        done, total = await counted_anew(engine, state.id)
        row = await scalar(
            room, f"select (required_done, required_total)::text from enrollments where id = '{state.id}'"
        )
        assert row == f"({done},{total})"
    completed = await scalar(room, "select count(*) from enrollments where status = 'completed'")
    assert await scalar(room, "select count(*) from outbox where name = 'enrollment.completed'") <= completed


async def test_a_storm_of_everything_ends_without_a_deadlock_and_adds_up(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=4)
    learners = await room.learners(12)
    rows = [RollRow(user_id=who.id) for who in learners]
    once = run._once  # without the door's second try, which would hide a deadlock

    async def act(chance: random.Random, who: Actor) -> None:
        answer: Any = await once(use_cases.enroll, who, room.course_id, Wish(waitlist=True))
        state = answer.value if isinstance(answer, Again) else answer
        match chance.randint(0, 4):
            case 0:
                await once(use_cases.drop, who, state.id)
            case 1:
                await once(use_cases.enroll_many, room.teacher, room.course_id, chance.sample(rows, 5))
            case 2:
                await published(room, room.lessons)
            case 3:
                await room.change(seats=chance.randint(4, 8))
            case _:
                lesson = chance.choice(room.lessons)
                await once(use_cases.record_progress, who, state.id, lesson.id, report=VIEWED)

    async def live(n: int) -> list[str]:
        chance, troubles = random.Random(n), []
        for _ in range(12):
            try:
                await act(chance, learners[n])
            except LmsError as error:
                troubles.append(error.code)
        return troubles

    troubles = {code for codes in await asyncio.gather(*(live(n) for n in range(12))) for code in codes}
    assert troubles <= {"not_on_course"}, troubles
    await room.change(seats=12)
    event = SettingsChanged(
        at=datetime.now(UTC), course_id=room.course_id, by=room.teacher.id, fields=("seats",), seats=12
    )
    await run(use_cases.seat_waiting, event)
    await must_add_up(room)
