"""Staff put whole lists of learners onto a course."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.classroom import a_classroom, add_member, add_users
from tests.integration.enrollments.test_progress import VIEWED, enrolled

from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.errors import CourseNotOpen
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import Forbidden, Invalid, UserId, new_id
from lms_entrypoints.doors import Run

Counting = Callable[[], AbstractContextManager[list[str]]]


async def test_every_row_says_what_became_of_it(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=5)
    here, gone, new, waiting, late = await room.learners(5)
    there = await enrolled(run, room, here)
    back = await enrolled(run, room, gone)
    await run(use_cases.record_progress, gone, back.id, room.lessons[0].id, report=VIEWED)
    await run(use_cases.drop, gone, back.id)
    await add_member(room, new)
    async with engine.connect() as conn:
        email = (await conn.execute(text("select email from users where id = :id"), {"id": new.id})).scalar()
    past = datetime.now(UTC) - timedelta(days=1)
    rows = [
        RollRow(user_id=here.id),
        RollRow(user_id=gone.id),
        RollRow(email=f" {email.upper()} "),
        RollRow(user_id=new.id),
        RollRow(email="nobody@example.org"),
        RollRow(user_id=UserId(new_id())),
        RollRow(user_id=late.id, expires_at=past),
        RollRow(problem="has 9 cells under 2 columns"),
        RollRow(user_id=waiting.id),
        RollRow(user_id=late.id),
    ]
    result = await run(use_cases.enroll_many, room.teacher, room.course_id, rows)
    assert [(row.row, row.status, row.error.code if row.error else None) for row in result.rows] == [
        (1, "already", None),
        (2, "reactivated", None),
        (3, "enrolled", None),
        (4, "already", None),
        (5, "failed", "no_such_learner"),
        (6, "failed", "no_such_learner"),
        (7, "failed", "invalid"),
        (8, "failed", "invalid"),
        (9, "enrolled", None),
        (10, "enrolled", None),
    ]
    assert (result.rows[0].enrollment_id, result.rows[1].enrollment_id) == (there.id, back.id)
    assert result.rows[2].enrollment_id == result.rows[3].enrollment_id
    assert (await room.counters())["seats_taken"] == 5


async def test_rows_beyond_the_seats_fail_and_the_others_do_not(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=2)
    first, second, third, fourth = await room.learners(4)
    await enrolled(run, room, first)
    rows = [RollRow(user_id=who.id) for who in (second, third, first, fourth)]
    result = await run(use_cases.enroll_many, room.teacher, room.course_id, rows)
    assert [row.status for row in result.rows] == ["enrolled", "failed", "already", "failed"]
    assert (result.enrolled, result.already, result.failed, result.reactivated) == (1, 1, 2, 0)


async def test_somebody_who_waits_is_seated_and_leaves_the_line(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, seats=1)
    first, waits = await room.learners(2)
    await enrolled(run, room, first)
    await run(use_cases.enroll, waits, room.course_id, Wish(waitlist=True))
    await room.change(seats=2)
    await run(use_cases.enroll_many, room.teacher, room.course_id, [RollRow(user_id=waits.id)])
    counters = await room.counters()
    assert (counters["seats_taken"], counters["waitlisted"]) == (2, 0)


async def test_who_is_refused_changes_nothing(engine: Any, run: Run) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    with pytest.raises(Forbidden):
        await run(use_cases.enroll_many, ada, room.course_id, [RollRow(user_id=ada.id)])
    with pytest.raises(Invalid):
        await run(use_cases.enroll_many, room.teacher, room.course_id, [])
    await room.change(status="unpublished")
    with pytest.raises(CourseNotOpen):
        await run(use_cases.enroll_many, room.teacher, room.course_id, [RollRow(user_id=ada.id)])
    assert (await room.counters())["seats_taken"] == 0


async def test_ten_thousand_rows_take_as_many_statements_as_ten(engine: Any, run: Run, count_queries: Counting) -> None:
    small, large = await a_classroom(engine), await a_classroom(engine)
    rows = [RollRow(user_id=who.id) for who in await add_users(engine, 10_000)]
    with count_queries() as few:
        await run(use_cases.enroll_many, small.teacher, small.course_id, rows[:10])
    with count_queries() as many:
        result = await run(use_cases.enroll_many, large.teacher, large.course_id, rows)
    assert result.enrolled == 10_000
    assert len(many) == len(few) <= 7 + 2  # the audit trail: its head, and all its entries
    again = await run(use_cases.enroll_many, large.teacher, large.course_id, rows)
    assert again.already == 10_000
    assert (await large.counters())["enrollment_count"] == 10_000
