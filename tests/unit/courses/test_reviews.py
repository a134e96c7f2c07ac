"""Who may review, what a review may say, and that the course counts what is there."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import a_learner, a_published_course, a_reader, a_teacher

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.courses.reviews import (
    AlreadyReviewed,
    NotEnrolled,
    Review,
    ReviewDeleted,
    ReviewWritten,
    TooEarly,
    clean_review,
)
from lms_domain.courses.use_cases.reviewing import change_review, delete_review, review
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.kernel import Actor, CourseId, Invalid, LmsError, NotFound, Outdated


async def a_course(ports: MemoryPorts, teacher: Actor) -> CourseId:
    """Of five lessons, so that one is 20 %."""
    return (await a_published_course(ports, teacher, lessons=5)).id


async def must_add_up(ports: MemoryPorts, course_id: CourseId) -> None:
    there = [each for each in ports.reviews._rows.values() if each.is_active and each.course_id == course_id]
    counters = await ports.turnstiles.lock(course_id)
    assert (counters.review_count, counters.rating_sum) == (len(there), sum(each.rating for each in there))


async def test_a_review_wants_twenty_percent_of_the_course() -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    early = await a_reader(ports, course_id, lessons=0)
    with pytest.raises(TooEarly):
        await review(ports, early, course_id, rating=5, body="")
    ready = await a_reader(ports, course_id, lessons=1)
    line = await review(ports, ready, course_id, rating=5, body="Good")
    assert (line.rating, line.body, line.learner_name) == (5, "Good", "Ada Lovelace")
    assert isinstance(ports.events[-1], ReviewWritten)
    await must_add_up(ports, course_id)


async def test_who_is_not_on_the_course_does_not_review_it() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course_id = await a_course(ports, teacher)
    for somebody in (a_learner(), teacher):
        with pytest.raises(NotEnrolled):
            await review(ports, somebody, course_id, rating=5, body="")


async def test_there_is_one_review_for_each_enrollment() -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    ada = await a_reader(ports, course_id)
    first = await review(ports, ada, course_id, rating=5, body="")
    with pytest.raises(AlreadyReviewed) as refused:
        await review(ports, ada, course_id, rating=1, body="")
    assert refused.value.details == {"review_id": first.id}
    await must_add_up(ports, course_id)


async def test_its_author_changes_it_and_nobody_else() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course_id = await a_course(ports, teacher)
    ada = await a_reader(ports, course_id)
    line = await review(ports, ada, course_id, rating=5, body="Good")
    changed = await change_review(ports, ada, line.id, {"rating": 2}, expected=1)
    assert (changed.rating, changed.body, changed.version) == (2, "Good", 2)
    with pytest.raises(Outdated):
        await change_review(ports, ada, line.id, {"rating": 3}, expected=1)
    for other in (teacher, a_learner()):
        with pytest.raises(NotFound):
            await change_review(ports, other, line.id, {"rating": 1})
    await must_add_up(ports, course_id)


async def test_its_author_may_have_left_the_course() -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    ada = await a_reader(ports, course_id)
    line = await review(ports, ada, course_id, rating=5, body="Good")
    attendance = await ports.attendances.of(course_id, ada.id)
    assert attendance is not None
    await use_cases.drop(ports, ada, EnrollmentId(attendance.enrollment_id))
    changed = await change_review(ports, ada, line.id, {"rating": 2})
    assert (changed.rating, changed.learner_name) == (2, "Ada Lovelace")
    await must_add_up(ports, course_id)
    await delete_review(ports, ada, line.id)
    await must_add_up(ports, course_id)
    with pytest.raises(NotEnrolled):
        await review(ports, ada, course_id, rating=5, body="Back again, without coming back")


async def test_a_body_of_none_clears_it_and_one_left_out_stays() -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    ada = await a_reader(ports, course_id)
    line = await review(ports, ada, course_id, rating=5, body="Good")
    assert (await change_review(ports, ada, line.id, {"rating": 4})).body == "Good"
    assert (await change_review(ports, ada, line.id, {"body": None})).body == ""


async def test_a_change_that_changes_nothing_is_none() -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    ada = await a_reader(ports, course_id)
    line = await review(ports, ada, course_id, rating=5, body="")
    events = len(ports.events)
    assert (await change_review(ports, ada, line.id, {"rating": 5})).version == 1
    assert len(ports.events) == events


async def test_its_author_and_the_staff_delete_it_and_nobody_else() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course_id = await a_course(ports, teacher)
    for who in ("author", "staff"):
        ada = await a_reader(ports, course_id)
        line = await review(ports, ada, course_id, rating=5, body="")
        with pytest.raises(NotFound):
            await delete_review(ports, a_learner(), line.id)
        await delete_review(ports, ada if who == "author" else teacher, line.id)
        assert isinstance(ports.events[-1], ReviewDeleted)
        with pytest.raises(NotFound):
            await change_review(ports, ada, line.id, {"rating": 1})
        await must_add_up(ports, course_id)


def test_every_problem_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        clean_review(6, "x" * 5001)
    assert [problem.field for problem in refused.value.problems] == ["rating", "body"]
    for body in ("\0", "\ud800"):
        with pytest.raises(Invalid):
            clean_review(5, body)
    assert clean_review(1, " two\r\nlines ") == "two\nlines"


STEP = st.tuples(st.integers(0, 2), st.sampled_from(["write", "change", "delete"]), st.integers(1, 5))


@settings(deadline=None)
@given(st.lists(STEP, max_size=25))
async def test_the_counters_are_what_counting_says_after_any_steps(steps: list[tuple[int, str, int]]) -> None:
    ports = MemoryPorts()
    course_id = await a_course(ports, a_teacher())
    learners = [await a_reader(ports, course_id) for _ in range(3)]
    for who, step, rating in steps:
        with suppress(LmsError):
            await take(ports, learners[who], course_id, step, rating)
        await must_add_up(ports, course_id)


async def take(ports: MemoryPorts, learner: Actor, course_id: CourseId, step: str, rating: int) -> None:
    if step == "write":
        await review(ports, learner, course_id, rating=rating, body="")
        return
    theirs: list[Review] = [each for each in ports.reviews._rows.values() if each.learner_id == learner.id]
    for each in theirs:
        if step == "change":
            await change_review(ports, learner, each.id, {"rating": rating})
        else:
            await delete_review(ports, learner, each.id)
