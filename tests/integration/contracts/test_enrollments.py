"""What any adapter of enrollments promises. Runs on memory and PostgreSQL alike."""

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import a_learner, a_published_course, a_teacher, registered

from lms_domain.courses.model import Price
from lms_domain.courses.use_cases import lessons, publishing
from lms_domain.courses.views.course import CourseView
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.codes import CodeDraft
from lms_domain.enrollments.errors import CodeTaken, CodeUsedUp, CourseIsFull, LessonNotInCourse, PaymentRequired
from lms_domain.enrollments.events import CodeId, EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.roll import RollRow
from lms_domain.kernel import Actor, Again, CourseId, LessonId, NotFound, Stale, new_id
from lms_domain.ports import AllPorts, Database
from lms_domain.turnstile import Counters

VIEWED = Report(viewed=True)


@pytest.fixture
async def teacher(database: Database) -> Actor:
    async with database.begin() as ports:
        return await registered(ports, a_teacher())


@pytest.fixture
async def people(database: Database) -> list[Actor]:
    async with database.begin() as ports:
        return [await registered(ports, a_learner()) for _ in range(4)]


@pytest.fixture
async def course(database: Database, teacher: Actor) -> CourseView:
    async with database.begin() as ports:
        return await a_published_course(ports, teacher, lessons=2, seats=1)


async def do(database: Database, use_case: Any, *args: Any, **options: Any) -> Any:
    """One transaction, as the door opens it."""
    async with database.begin() as ports:
        return await use_case(ports, *args, **options)


async def lesson_ids(ports: AllPorts, course_id: CourseId) -> list[LessonId]:
    draft = await ports.drafts.of(course_id)
    return [lesson.id for section in draft.sections for lesson in section.lessons]


async def counted(database: Database, course_id: CourseId) -> tuple[int, int]:
    counters: Counters = await do(database, lambda ports: ports.turnstiles.lock(course_id))
    return counters.seats_taken, counters.waitlisted


async def test_unknown_ids_are_not_found(database: Database, people: list[Actor]) -> None:
    async with database.begin() as ports:
        for asked in (
            ports.enrollments.get(EnrollmentId(new_id())),
            ports.enrollment_codes.get(CodeId(new_id())),
            ports.sights.of(CourseId(new_id()), people[0].id),
            ports.offers.terms(CourseId(new_id())),
            ports.offers.to(people[0].id, course_id=CourseId(new_id()), actor_id=people[0].id),
        ):
            with pytest.raises(NotFound):
                await asked
        assert await ports.studies.of(EnrollmentId(new_id()), people[0].id, LessonId(new_id())) is None


async def test_what_goes_in_comes_out(database: Database, people: list[Actor], course: CourseView) -> None:
    ada = people[0]
    state = await do(database, use_cases.enroll, ada, course.id)
    async with database.begin() as ports:
        kept = await ports.enrollments.get(state.id)
        offer = await ports.offers.to(ada.id, course_id=course.id, actor_id=ada.id)
        assert offer.enrollment == kept
        assert offer.sight.standing.enrolled
        assert offer.sight.standing.access
        assert (offer.terms.total, offer.terms.seats) == (2, 1)
        lesson = (await ports.revisions.lessons(kept.revision_id))[0].lesson_id
        study = await ports.studies.of(state.id, ada.id, lesson)
        assert study is not None
        assert study.enrollment == kept
        assert await ports.studies.of(state.id, people[1].id, lesson) is None
        with pytest.raises(LessonNotInCourse):
            await ports.studies.of(state.id, ada.id, LessonId(new_id()))
    assert await do(database, use_cases.enroll, ada, course.id) == Again(state)


async def test_a_stale_save_is_refused(database: Database, people: list[Actor], course: CourseView) -> None:
    state = await do(database, use_cases.enroll, people[0], course.id)
    async with database.begin() as ports:
        first, second = [await ports.enrollments.get(state.id) for _ in range(2)]
        await ports.enrollments.save(first)
        with pytest.raises(Stale):
            await ports.enrollments.save(second)


async def test_seats_and_the_waitlist_are_counted(database: Database, people: list[Actor], course: CourseView) -> None:
    first, second, third, _ = people
    seat = await do(database, use_cases.enroll, first, course.id)
    with pytest.raises(CourseIsFull):
        await do(database, use_cases.enroll, second, course.id)
    waiting = [await do(database, use_cases.enroll, who, course.id, Wish(waitlist=True)) for who in (second, third)]
    assert [state.waitlist_position for state in waiting] == [1, 2]
    again = await do(database, use_cases.enroll, third, course.id)
    assert again.value.waitlist_position == 2
    assert await counted(database, course.id) == (1, 2)
    await do(database, use_cases.drop, first, seat.id)
    async with database.begin() as ports:
        assert (await ports.enrollments.get(waiting[0].id)).status is Status.ACTIVE
    assert await counted(database, course.id) == (1, 1)


async def test_progress_adds_up_to_a_completed_course(
    database: Database, people: list[Actor], course: CourseView
) -> None:
    ada = people[0]
    state = await do(database, use_cases.enroll, ada, course.id)
    ids = await do(database, lesson_ids, course.id)
    views = [await do(database, use_cases.record_progress, ada, state.id, id, report=VIEWED) for id in ids]
    assert [(view.progress_percent, view.status) for view in views] == [(50, "active"), (100, "completed")]
    again = await do(database, use_cases.record_progress, ada, state.id, ids[0], report=Report(position_seconds=4))
    assert again.started_at == views[0].started_at
    assert again.completed_at == views[0].completed_at
    with pytest.raises(LessonNotInCourse):
        await do(database, use_cases.record_progress, ada, state.id, LessonId(new_id()), report=VIEWED)


async def test_publishing_measures_the_class_anew(
    database: Database, teacher: Actor, people: list[Actor], course: CourseView
) -> None:
    ada = people[0]
    state = await do(database, use_cases.enroll, ada, course.id)
    first, second = await do(database, lesson_ids, course.id)
    await do(database, use_cases.record_progress, ada, state.id, first, report=VIEWED)
    await do(database, lessons.delete_lesson, teacher, second)
    async with database.begin() as ports:
        assert (await ports.enrollments.get(state.id)).progress_percent == 50  # the draft changes nothing
    await do(database, publishing.publish, teacher, course.id)
    async with database.begin() as ports:
        kept = await ports.enrollments.get(state.id)
        assert (kept.status, kept.progress_percent, kept.required_total) == (Status.COMPLETED, 100, 1)
    with pytest.raises(LessonNotInCourse):
        await do(database, use_cases.record_progress, ada, state.id, second, report=VIEWED)


async def test_codes_are_unique_and_used_up(
    database: Database, teacher: Actor, people: list[Actor], course: CourseView
) -> None:
    code = await do(database, use_cases.create_code, teacher, course.id, CodeDraft(code="spring-2031"))
    with pytest.raises(CodeTaken):
        await do(database, use_cases.create_code, teacher, course.id, CodeDraft(code="SPRING-2031"))
    ada, bob = people[:2]
    state = await do(database, use_cases.enroll, ada, course.id, Wish(code="Spring-2031"))
    assert (state.source, state.status) == ("code", "active")
    with pytest.raises(CodeUsedUp):
        await do(database, use_cases.enroll, bob, course.id, Wish(code="Spring-2031"))
    async with database.begin() as ports:
        assert (await ports.enrollment_codes.get(code.id)).uses == 1


async def test_a_price_is_part_of_the_terms(database: Database, teacher: Actor, people: list[Actor]) -> None:
    async with database.begin() as ports:
        priced = await a_published_course(ports, teacher, price=Price(amount=4900, currency="EUR"), access_days=30)
    with pytest.raises(PaymentRequired):
        await do(database, use_cases.enroll, people[0], priced.id)
    state = await do(database, use_cases.enroll_learner, teacher, priced.id, RollRow(user_id=people[0].id))
    assert state.expires_at - state.enrolled_at == timedelta(days=30)


async def test_a_list_of_learners_is_taken_row_by_row(
    database: Database, teacher: Actor, people: list[Actor], course: CourseView
) -> None:
    here, new, *_ = people
    seat = await do(database, use_cases.enroll, here, course.id)
    await do(database, use_cases.drop, here, seat.id)
    rows = [
        RollRow(user_id=here.id),
        RollRow(email=f"{here.id.hex}@EXAMPLE.org"),
        RollRow(user_id=new.id),
        RollRow(email="nobody@example.org"),
    ]
    result = await do(database, use_cases.enroll_many, teacher, course.id, rows)
    assert [row.status for row in result.rows] == ["reactivated", "already", "failed", "failed"]
    assert [row.error.code for row in result.rows if row.error] == ["course_is_full", "no_such_learner"]
    assert await counted(database, course.id) == (1, 0)
