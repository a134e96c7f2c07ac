"""What any adapter of reviews promises. Runs on memory and PostgreSQL alike."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from tests.builders import a_learner, a_published_course, a_reader, a_teacher, registered

from lms_domain.courses.reviews import AlreadyReviewed, Attendance, Review, ReviewId, ReviewLine
from lms_domain.courses.use_cases import reviewing
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.kernel import Actor, CourseId, NotFound, Stale, new_id
from lms_domain.ports import AllPorts, Database
from lms_domain.standing import CourseStatus, Visibility
from lms_entrypoints.doors import Run


@pytest.fixture
async def course_id(database: Database) -> CourseId:
    """Published, with five lessons, so that one of them is 20 %."""
    async with database.begin() as ports:
        teacher = await registered(ports, a_teacher())
        return (await a_published_course(ports, teacher, lessons=5)).id


async def readers(database: Database, course_id: CourseId, count: int) -> list[Actor]:
    async with database.begin() as ports:
        return [await a_reader(ports, course_id) for _ in range(count)]


async def attendance_of(ports: AllPorts, course_id: CourseId, learner: Actor) -> Attendance:
    found = await ports.attendances.of(course_id, learner.id)
    assert found is not None
    return found


async def a_review(ports: AllPorts, course_id: CourseId, learner: Actor, rating: int = 4) -> Review:
    attendance = await attendance_of(ports, course_id, learner)
    now = ports.clock.now()
    made = Review(
        id=ReviewId(new_id()),
        enrollment_id=attendance.enrollment_id,
        course_id=course_id,
        learner_id=learner.id,
        rating=rating,
        body="Two\nlines, and a bee: 🐝",
        created_at=now,
        updated_at=now,
    )
    await ports.reviews.add(made)
    return made


async def test_a_review_comes_out_as_it_went_in(database: Database, course_id: CourseId) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        made = await a_review(ports, course_id, ada)
    async with database.begin() as ports:
        assert await ports.reviews.get(made.id) == await ports.reviews.of_enrollment(made.enrollment_id) == made
        assert await ports.reviews.of_enrollment(new_id()) is None
        with pytest.raises(NotFound):
            await ports.reviews.get(ReviewId(new_id()))


async def test_a_deleted_review_is_still_the_one_of_its_enrollment(database: Database, course_id: CourseId) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        made = await a_review(ports, course_id, ada)
        list(made.delete(by=ada.id, now=ports.clock.now()))
        await ports.reviews.save(made)
    async with database.begin() as ports:
        kept = await ports.reviews.of_enrollment(made.enrollment_id)
        assert kept == made
        assert (made.is_active, made.removed_by, made.version) == (False, ada.id, 2)


async def test_an_enrollment_has_one_review(database: Database, course_id: CourseId) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        made = await a_review(ports, course_id, ada)
    with pytest.raises(AlreadyReviewed):
        async with database.begin() as ports:
            await ports.reviews.add(replace(made, id=ReviewId(new_id())))


async def test_a_stale_save_is_refused(database: Database, course_id: CourseId) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        made = await a_review(ports, course_id, ada)
        first, second = await ports.reviews.get(made.id), await ports.reviews.get(made.id)
        await ports.reviews.save(first)
        with pytest.raises(Stale):
            await ports.reviews.save(second)


async def test_the_counters_are_added_to_and_undone_with_their_transaction(
    database: Database, course_id: CourseId
) -> None:
    async with database.begin() as ports:
        await ports.reviews.count(course_id, reviews=3, ratings=12)
        await ports.reviews.count(course_id, reviews=-1, ratings=-5)
    with pytest.raises(RuntimeError):  # noqa: PT012 (the transaction is what is undone)
        async with database.begin() as ports:
            await ports.reviews.count(course_id, reviews=1, ratings=5)
            raise RuntimeError
    async with database.begin() as ports:
        counters = await ports.turnstiles.lock(course_id)
        assert (counters.review_count, counters.rating_sum) == (2, 7)


async def test_who_was_on_the_course_is_told_from_who_is_and_who_never_was(
    database: Database, course_id: CourseId
) -> None:
    [ada] = await readers(database, course_id, 1)
    async with database.begin() as ports:
        attendance = await attendance_of(ports, course_id, ada)
        assert attendance == Attendance(
            enrollment_id=attendance.enrollment_id, learner_name="Ada Lovelace", is_on_course=True, progress_percent=20
        )
        await use_cases.drop(ports, ada, EnrollmentId(attendance.enrollment_id))
        assert await ports.attendances.of(course_id, ada.id) == replace(attendance, is_on_course=False)
        nobody = await registered(ports, a_learner())
        assert await ports.attendances.of(course_id, nobody.id) is None
        assert await ports.attendances.of(CourseId(new_id()), ada.id) is None


async def test_a_course_is_seen_as_far_as_reviewing_needs_it(database: Database, course_id: CourseId) -> None:
    async with database.begin() as ports:
        course = await ports.attendances.course(course_id)
        assert (course.id, course.is_active) == (course_id, True)
        assert (course.status, course.visibility) == (CourseStatus.PUBLISHED, Visibility.PUBLIC)
        with pytest.raises(NotFound):
            await ports.attendances.course(CourseId(new_id()))


async def must_add_up(database: Database, course_id: CourseId, learners: list[Actor]) -> None:
    async with database.begin() as ports:
        counters = await ports.turnstiles.lock(course_id)
        enrollments: list[UUID] = [(await attendance_of(ports, course_id, each)).enrollment_id for each in learners]
        written = [await ports.reviews.of_enrollment(each) for each in enrollments]
        there = [each.rating for each in written if each is not None and each.is_active]
    assert (counters.review_count, counters.rating_sum) == (len(there), sum(there))


async def test_of_twenty_writers_at_once_every_one_is_counted(database: Database, course_id: CourseId) -> None:
    """Ten write their first review while ten others change or delete theirs."""
    run = Run(database)
    learners = await readers(database, course_id, 20)
    old, new = learners[:10], learners[10:]
    before = [await run(reviewing.review, each, course_id, rating=1 + n % 5, body="") for n, each in enumerate(old)]
    await must_add_up(database, course_id, learners)

    async def change(n: int) -> None:
        if n % 3 == 0:
            await run(reviewing.delete_review, old[n], before[n].id)
        else:
            await run(reviewing.change_review, old[n], before[n].id, {"rating": 5 - n % 5})

    writing = (run(reviewing.review, each, course_id, rating=1 + n % 4, body="") for n, each in enumerate(new))
    await asyncio.gather(*(change(n) for n in range(10)), *writing)
    await must_add_up(database, course_id, learners)


async def test_twenty_changes_of_one_review_at_once_come_one_after_the_other(
    database: Database, course_id: CourseId
) -> None:
    run = Run(database)
    [ada] = await readers(database, course_id, 1)
    line = await run(reviewing.review, ada, course_id, rating=3, body="")

    async def change(n: int) -> ReviewLine:
        return await run(reviewing.change_review, ada, line.id, {"rating": 1 + n % 5, "body": f"No. {n}"})

    changed = await asyncio.gather(*(change(n) for n in range(20)))
    assert sorted(each.version for each in changed) == list(range(2, 22))
    await must_add_up(database, course_id, [ada])
