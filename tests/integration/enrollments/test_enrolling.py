"""On which terms learners come onto a course, on PostgreSQL."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from tests.integration.classroom import Classroom, LessonPlan, a_classroom, add_member, add_staff
from tests.integration.enrollments.conftest import MovedClock

from lms_domain.enrollments import errors, queries, use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.codes import CodeDraft
from lms_domain.enrollments.model import Source, Status
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import EnrollmentState
from lms_domain.kernel import Actor, Again, CourseId, Forbidden, LmsError, NotFound, Outdated, Permission, new_id
from lms_entrypoints.doors import Ask, Run

PRICE = {"amount": 4900, "currency": "EUR"}


@pytest.fixture
async def room(engine: Any) -> Classroom:
    return await a_classroom(engine)


async def enrolled(run: Run, room: Classroom, who: Actor, **wish: Any) -> EnrollmentState:
    state = await run(use_cases.enroll, who, room.course_id, Wish(**wish))
    assert isinstance(state, EnrollmentState)
    return state


async def answered(run: Run, room: Classroom, who: Actor) -> Any:
    """Whatever enrolling answers, the first time or again."""
    return await run(use_cases.enroll, who, room.course_id)


async def test_a_learner_enrolls_once(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    first = await enrolled(run, room, ada)
    assert (first.status, first.source, first.required_total) == (Status.ACTIVE, Source.SELF, 2)
    assert await answered(run, room, ada) == Again(first)
    assert (await room.counters())["enrollment_count"] == 1


async def test_a_course_that_does_not_exist_is_not_found(run: Run, room: Classroom) -> None:
    with pytest.raises(NotFound):
        await run(use_cases.enroll, await room.learner(), CourseId(new_id()))


@pytest.mark.parametrize("status", ["draft", "unpublished", "archived"])
async def test_a_course_that_is_not_open_does_not_exist_for_learners_and_is_closed_for_staff(
    run: Run, room: Classroom, status: str
) -> None:
    await room.change(status=status)
    with pytest.raises(NotFound):
        await run(use_cases.enroll, await room.learner(), room.course_id)
    with pytest.raises(errors.CourseNotOpen):
        await run(use_cases.enroll, room.teacher, room.course_id)


async def test_a_deleted_course_is_not_found_by_anybody(run: Run, room: Classroom) -> None:
    await room.change(is_active=False)
    for who in (room.teacher, await room.learner()):
        with pytest.raises(NotFound):
            await run(use_cases.enroll, who, room.course_id)


async def test_members_only_courses_are_for_members_and_for_codes(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, members_only=True)
    stranger, member, guest = await room.learners(3)
    await add_member(room, member)
    with pytest.raises(NotFound):
        await run(use_cases.enroll, stranger, room.course_id)
    with pytest.raises(NotFound):
        await run(use_cases.enroll, stranger, room.course_id, Wish(code="NO-SUCH-CODE"))
    await enrolled(run, room, member)
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft())
    assert (await enrolled(run, room, guest, code=code.code)).source is Source.CODE


async def test_a_price_is_not_passed_without_a_code(run: Run, room: Classroom) -> None:
    await room.change(price=PRICE)
    ada, bob = await room.learners(2)
    with pytest.raises(errors.PaymentRequired) as refused:
        await run(use_cases.enroll, ada, room.course_id)
    assert refused.value.details["price"] == PRICE
    with pytest.raises(errors.UnknownCode):
        await run(use_cases.enroll, ada, room.course_id, Wish(code="WRONG\0"))
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft(max_uses=1))
    await enrolled(run, room, ada, code=code.code.lower())
    with pytest.raises(errors.CodeUsedUp):
        await run(use_cases.enroll, bob, room.course_id, Wish(code=code.code))


async def test_a_code_of_another_course_opens_nothing(engine: Any, run: Run, room: Classroom) -> None:
    other = await a_classroom(engine)
    code = await run(use_cases.create_code, other.teacher, other.course_id, CodeDraft())
    with pytest.raises(errors.UnknownCode):
        await run(use_cases.enroll, await room.learner(), room.course_id, Wish(code=code.code))


async def test_a_revoked_code_opens_nothing_and_who_has_entered_stays(run: Run, room: Classroom) -> None:
    await room.change(price=PRICE)
    ada, bob = await room.learners(2)
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft(max_uses=None))
    await enrolled(run, room, ada, code=code.code)
    await run(use_cases.revoke_code, room.teacher, code.id)
    with pytest.raises(errors.UnknownCode):
        await run(use_cases.enroll, bob, room.course_id, Wish(code=code.code))
    assert isinstance(await run(use_cases.enroll, ada, room.course_id), Again)


async def test_codes_are_made_and_seen_by_who_runs_the_course(run: Run, ask: Ask, room: Classroom) -> None:
    ada, assistant = await room.learners(2)
    await add_staff(room, assistant, "assistant")
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft(code="spring-2031"))
    for nosy in (ada, assistant):
        with pytest.raises(Forbidden):
            await run(use_cases.create_code, nosy, room.course_id, CodeDraft())
        with pytest.raises(NotFound):
            await run(use_cases.revoke_code, nosy, code.id)
    with pytest.raises(errors.CodeTaken):
        await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft(code="SPRING-2031"))


async def test_the_window_opens_and_closes(run: Run, room: Classroom, clock: MovedClock) -> None:
    opens, ada = datetime.now(UTC) + timedelta(hours=1), await room.learner()
    await room.change(enrollment_opens_at=opens, enrollment_closes_at=opens + timedelta(hours=1))
    with pytest.raises(errors.EnrollmentNotYetOpen):
        await run(use_cases.enroll, ada, room.course_id)
    clock.pass_time(hours=3)
    with pytest.raises(errors.EnrollmentClosed):
        await run(use_cases.enroll, ada, room.course_id)
    clock.pass_time(hours=-1.5)
    await enrolled(run, room, ada)


async def test_missing_prerequisites_are_named(engine: Any, run: Run, room: Classroom) -> None:
    first, deleted = await a_classroom(engine, [LessonPlan()]), await a_classroom(engine, is_active=False)
    await room.change(prerequisite_ids=[str(first.course_id), str(deleted.course_id)])
    ada = await room.learner()
    with pytest.raises(errors.PrerequisitesMissing) as refused:
        await run(use_cases.enroll, ada, room.course_id)
    [missing] = refused.value.details["missing"]  # type: ignore[misc]
    assert (missing.course_id, missing.title) == (first.course_id, "Bees")  # type: ignore[has-type]
    done = await enrolled(run, first, ada)
    await run(use_cases.record_progress, ada, done.id, first.lessons[0].id, report=Report(viewed=True))
    await enrolled(run, room, ada)


async def test_who_comes_back_finds_the_progress(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    first = await enrolled(run, room, ada)
    await run(use_cases.record_progress, ada, first.id, room.lessons[0].id, report=Report(viewed=True))
    dropped = await run(use_cases.drop, ada, first.id)
    assert (dropped.status, (await room.counters())["seats_taken"]) == (Status.DROPPED, 0)
    with pytest.raises(errors.NotOnCourse):
        await run(use_cases.record_progress, ada, first.id, room.lessons[1].id, report=Report(viewed=True))
    back = await enrolled(run, room, ada)
    assert (back.id, back.status, back.progress_percent) == (first.id, Status.ACTIVE, 50)
    assert (await room.counters())["seats_taken"] == 1


async def test_who_comes_back_is_measured_against_the_course_as_it_is_now(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    first = await enrolled(run, room, ada)
    await run(use_cases.record_progress, ada, first.id, room.lessons[0].id, report=Report(viewed=True))
    await run(use_cases.drop, ada, first.id)
    await room.add_revision([room.lessons[0]])
    back = await enrolled(run, room, ada)
    assert (back.status, back.progress_percent, back.required_total) == (Status.COMPLETED, 100, 1)


async def test_a_completed_course_stays_completed(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    for lesson in room.lessons:
        await run(use_cases.record_progress, ada, state.id, lesson.id, report=Report(viewed=True))
    await run(use_cases.drop, ada, state.id)
    await room.add_revision([*room.lessons, LessonPlan()])
    back = await enrolled(run, room, ada)
    assert (back.status, back.progress_percent, back.required_done, back.required_total) == ("completed", 100, 2, 3)


async def test_whom_staff_took_off_the_course_only_staff_put_back(run: Run, room: Classroom) -> None:
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await run(use_cases.drop, room.teacher, state.id)
    with pytest.raises(errors.RemovedByStaff):
        await run(use_cases.enroll, ada, room.course_id)
    back = await run(use_cases.enroll_learner, room.teacher, room.course_id, RollRow(user_id=ada.id))
    assert isinstance(back, EnrollmentState)
    assert back.status is Status.ACTIVE


async def test_access_ends_and_is_not_renewed_by_leaving_and_coming_back(
    run: Run, room: Classroom, clock: MovedClock
) -> None:
    await room.change(access_days=30)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    clock.pass_time(days=31)
    with pytest.raises(errors.AccessExpired):
        await run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=Report(viewed=True))
    assert (await answered(run, room, ada)).value.expired
    await run(use_cases.drop, ada, state.id)
    with pytest.raises(errors.AccessExpired):
        await run(use_cases.enroll, ada, room.course_id)


async def test_a_code_renews_an_access_that_has_ended(run: Run, room: Classroom, clock: MovedClock) -> None:
    await room.change(access_days=30)
    ada = await room.learner()
    await enrolled(run, room, ada)
    clock.pass_time(days=31)
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft())
    renewed = await enrolled(run, room, ada, code=code.code)
    assert not renewed.expired
    assert (await room.counters())["seats_taken"] == 1


async def test_staff_extend_an_access(run: Run, ask: Ask, room: Classroom) -> None:
    ada, stranger = await room.learners(2)
    state = await enrolled(run, room, ada)
    until = datetime.now(UTC) + timedelta(days=10)
    changed = await run(use_cases.change_access, room.teacher, state.id, until)
    assert changed.expires_at == until
    with pytest.raises(Outdated):
        await run(use_cases.change_access, room.teacher, state.id, None, expected=1)
    with pytest.raises(Forbidden):
        await run(use_cases.change_access, ada, state.id, None)
    with pytest.raises(NotFound):
        await run(use_cases.change_access, stranger, state.id, None)
    assert (await ask(queries.enrollment, ada, state.id)).expires_at == until


async def test_an_enrollment_of_somebody_else_does_not_exist(run: Run, ask: Ask, room: Classroom) -> None:
    ada, nosy, assistant = await room.learners(3)
    await add_staff(room, assistant, "assistant")
    state = await enrolled(run, room, ada)
    for refused in (queries.enrollment, queries.lessons):
        with pytest.raises(NotFound):
            await ask(refused, nosy, state.id)
    with pytest.raises(NotFound):
        await run(use_cases.drop, nosy, state.id)
    with pytest.raises(NotFound):
        await run(use_cases.record_progress, nosy, state.id, room.lessons[0].id, report=Report())
    assert (await ask(queries.enrollment, assistant, state.id)).id == state.id
    with pytest.raises(Forbidden):
        await run(use_cases.drop, assistant, state.id)
    with pytest.raises(errors.NotYourProgress):
        await run(use_cases.record_progress, assistant, state.id, room.lessons[0].id, report=Report())


async def test_who_manages_all_courses_sees_them_all(run: Run, ask: Ask, room: Classroom) -> None:
    ada, admin = await room.learners(2)
    state = await enrolled(run, room, ada)
    admin = Actor(id=admin.id, permissions=frozenset(Permission))
    assert (await ask(queries.enrollment, admin, state.id)).id == state.id


async def test_staff_enroll_above_price_and_window_and_never_above_the_seats(run: Run, room: Classroom) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    await room.change(price=PRICE, enrollment_closes_at=past, seats=1)
    ada, bob = await room.learners(2)
    state = await run(use_cases.enroll_learner, room.teacher, room.course_id, RollRow(user_id=ada.id))
    assert isinstance(state, EnrollmentState)
    assert state.source is Source.STAFF
    again: Any = await run(use_cases.enroll_learner, room.teacher, room.course_id, RollRow(user_id=ada.id))
    assert again == Again(state)
    with pytest.raises(errors.CourseIsFull):
        await run(use_cases.enroll_learner, room.teacher, room.course_id, RollRow(user_id=bob.id))
    with pytest.raises(errors.NoSuchLearner):
        await run(use_cases.enroll_learner, room.teacher, room.course_id, RollRow(email="nobody@example.org"))
    with pytest.raises(Forbidden):
        await run(use_cases.enroll_learner, ada, room.course_id, RollRow(user_id=bob.id))


async def test_every_change_leaves_its_event(engine: Any, run: Run, room: Classroom) -> None:
    await room.change(seats=1)
    ada, bob = await room.learners(2)
    code = await run(use_cases.create_code, room.teacher, room.course_id, CodeDraft())
    state = await enrolled(run, room, ada, code=code.code)
    await enrolled(run, room, bob, waitlist=True)
    for lesson in room.lessons:
        await run(use_cases.record_progress, ada, state.id, lesson.id, report=Report(viewed=True))
    until = datetime.now(UTC) + timedelta(days=1)
    await run(use_cases.change_access, room.teacher, state.id, until)
    await run(use_cases.drop, ada, state.id)
    await run(use_cases.revoke_code, room.teacher, code.id)
    async with engine.connect() as conn:
        names = [name for (name,) in await conn.execute(text("select name from outbox order by seq"))]
    studied = ["lesson.started", "lesson.progressed", "lesson.completed"]
    assert names == [
        "enrollment_code.created",
        "enrollment.opened",
        "enrollment_code.redeemed",
        "enrollment.waitlisted",
        *studied,
        *studied,
        "enrollment.completed",
        "enrollment.access_changed",
        "enrollment.dropped",
        "enrollment.promoted",
        "enrollment_code.revoked",
    ]


async def test_a_refusal_leaves_nothing(engine: Any, run: Run, room: Classroom) -> None:
    await room.change(price=PRICE)
    with pytest.raises(LmsError):
        await run(use_cases.enroll, await room.learner(), room.course_id)
    async with engine.connect() as conn:
        assert (await conn.execute(text("select count(*) from enrollments"))).scalar() == 0
        assert (await conn.execute(text("select count(*) from outbox"))).scalar() == 0
