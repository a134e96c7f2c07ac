"""Progress on PostgreSQL: kept incrementally, and equal to counting anew."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom, LessonPlan, a_classroom
from tests.integration.enrollments.conftest import MovedClock

from lms_adapters.postgres.courses_revisions import PgRevisions
from lms_adapters.postgres.courses_turnstile import PgTurnstiles
from lms_adapters.postgres.enrollments_classes import PgClasses
from lms_adapters.postgres.enrollments_progress import PgStudies
from lms_domain.enrollments import errors, queries, use_cases
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.progress import Report, Study
from lms_domain.enrollments.views import EnrollmentState
from lms_domain.kernel import Actor, Event, LessonId, Outdated, new_id
from lms_entrypoints.doors import Ask, Run

VIEWED = Report(viewed=True)


async def enrolled(run: Run, room: Classroom, who: Actor) -> EnrollmentState:
    state = await run(use_cases.enroll, who, room.course_id)
    assert isinstance(state, EnrollmentState)
    return state


async def published(room: Classroom, lessons: list[LessonPlan]) -> list[Event]:
    """The next revision, with everybody measured against it, as the courses context does it."""
    async with room.engine.begin() as conn:
        await PgTurnstiles(conn).lock(room.course_id)
        id = await room.add_revision(lessons, conn)
        revision = await PgRevisions(conn).get(id)
        return list(await PgClasses(conn).rebase(revision, [], now=datetime.now(UTC)))


async def counted_anew(engine: AsyncEngine, id: EnrollmentId) -> tuple[int, int]:
    query = text("""
        select count(p.completed_at), count(*) from enrollments e
        join revisions v on v.id = e.revision_id
        join revision_lessons r on r.revision_id = v.id and (r.required or v.required_count = 0)
        left join lesson_progress p on p.enrollment_id = e.id and p.lesson_id = r.lesson_id
        where e.id = :id
    """)
    async with engine.connect() as conn:
        done, total = (await conn.execute(query, {"id": id})).one()
    return done, total


async def test_the_last_required_lesson_completes_the_course(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, [LessonPlan(), LessonPlan(required=False), LessonPlan()])
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    percents = []
    for lesson in room.lessons:
        view = await run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED)
        percents.append((view.progress_percent, view.status))
    assert percents == [(50, "active"), (50, "active"), (100, "completed")]
    assert view.version == 4


async def test_without_required_lessons_all_of_them_count(engine: Any, run: Run) -> None:
    room = await a_classroom(engine, [LessonPlan(required=False), LessonPlan(required=False)])
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    for lesson in room.lessons:
        view = await run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED)
    assert (view.progress_percent, view.status) == (100, Status.COMPLETED)


async def test_what_is_believed_is_stored(engine: Any, run: Run, ask: Ask, clock: MovedClock) -> None:
    video = LessonPlan(kind="video", duration=600, rule={"kind": "watched_share", "percent": 90})
    room = await a_classroom(engine, [video])
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    clock.pass_time(seconds=100)
    report = Report(position_seconds=95, time_spent_seconds=97)
    view = await run(use_cases.record_progress, ada, state.id, video.id, report=report)
    assert (view.position_seconds, view.furthest_seconds, view.time_spent_seconds) == (95, 95, 97)
    claimed = Report(position_seconds=600, time_spent_seconds=9_999)
    view = await run(use_cases.record_progress, ada, state.id, video.id, report=claimed)
    assert view.position_seconds == 600
    assert view.furthest_seconds < 110
    assert view.time_spent_seconds < 105
    assert not view.completed
    mine = await ask(queries.enrollment, ada, state.id)
    assert mine.resume is not None
    assert (mine.resume.lesson_id, mine.resume.position_seconds) == (video.id, 600)
    [line] = await ask(queries.lessons, ada, state.id)
    assert (line.furthest_seconds, line.time_spent_seconds) == (view.furthest_seconds, view.time_spent_seconds)


async def test_a_lesson_of_another_course_is_not_found(engine: Any, run: Run) -> None:
    room, other = await a_classroom(engine), await a_classroom(engine)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    for lesson_id in (other.lessons[0].id, LessonId(new_id())):
        with pytest.raises(errors.LessonNotInCourse):
            await run(use_cases.record_progress, ada, state.id, lesson_id, report=VIEWED)


async def test_progress_can_be_bound_to_the_version_that_was_read(engine: Any, run: Run) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    lesson = room.lessons[0].id
    await run(use_cases.record_progress, ada, state.id, lesson, report=VIEWED, expected=state.version)
    with pytest.raises(Outdated):
        await run(use_cases.record_progress, ada, state.id, lesson, report=VIEWED, expected=state.version)


async def test_of_two_reports_that_meet_the_later_is_undone_and_run_again(
    engine: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    first, second = (lesson.id for lesson in room.lessons[:2])
    tries: list[int] = []
    save = PgStudies.save

    async def slow(self: PgStudies, study: Study, events: Sequence[Event], /) -> None:
        tries.append(len(tries))
        if len(tries) == 1:
            await run(use_cases.record_progress, ada, state.id, second, report=VIEWED)
        await save(self, study, events)

    monkeypatch.setattr(PgStudies, "save", slow)
    view = await run(use_cases.record_progress, ada, state.id, first, report=VIEWED)
    assert len(tries) == 3
    assert view.required_done == 2
    async with engine.connect() as conn:
        told = (await conn.execute(text("select count(*) from outbox where name = 'lesson.completed'"))).scalar()
    assert told == 2


@pytest.mark.parametrize(("status", "refusal"), [("unpublished", errors.CourseNotOpen), ("archived", None)])
async def test_an_archived_course_is_worked_through_and_an_unpublished_one_rests(
    engine: Any, run: Run, status: str, refusal: type[Exception] | None
) -> None:
    room = await a_classroom(engine)
    ada = await room.learner()
    state = await enrolled(run, room, ada)
    await room.change(status=status)
    studied = run(use_cases.record_progress, ada, state.id, room.lessons[0].id, report=VIEWED)
    if refusal is None:
        assert (await studied).completed
    else:
        with pytest.raises(refusal):
            await studied


async def test_a_new_revision_measures_everybody_anew(engine: Any, run: Run, ask: Ask) -> None:
    room = await a_classroom(engine)
    done, half, idle, gone = await room.learners(4)
    states = [await enrolled(run, room, who) for who in (done, half, idle, gone)]
    for lesson in room.lessons:
        await run(use_cases.record_progress, done, states[0].id, lesson.id, report=VIEWED)
    await run(use_cases.record_progress, half, states[1].id, room.lessons[0].id, report=VIEWED)
    await run(use_cases.drop, gone, states[3].id)

    assert await published(room, [*room.lessons, LessonPlan(), LessonPlan()]) == []
    shown = [await ask(queries.enrollment, room.teacher, state.id) for state in states]
    assert [e.progress_percent for e in shown] == [100, 25, 0, 0]
    assert [e.status for e in shown] == ["completed", "active", "active", "dropped"]
    assert shown[0].required_total == 4

    happened = await published(room, [room.lessons[0]])
    assert [getattr(e, "learner_id", None) for e in happened] == [half.id]
    assert (await ask(queries.enrollment, half, states[1].id)).status is Status.COMPLETED
    assert await published(room, [room.lessons[0]]) == []


@pytest.mark.parametrize("seed", range(6))
async def test_incremental_progress_equals_recomputation(engine: Any, run: Run, ask: Ask, seed: int) -> None:
    chance = random.Random(seed)
    room = await a_classroom(engine, [LessonPlan() for _ in range(4)])
    ada, current = await room.learner(), list(room.lessons)
    state = await enrolled(run, room, ada)
    known, completed = list(room.lessons), False
    for _ in range(25):
        if chance.random() < 0.25:
            if chance.random() < 0.4:
                known.append(LessonPlan())
            current = chance.sample(known, chance.randint(1, len(known)))
            current = [LessonPlan(id=plan.id, required=chance.random() < 0.6) for plan in current]
            await published(room, current)
        else:
            lesson = chance.choice(current)
            await run(use_cases.record_progress, ada, state.id, lesson.id, report=VIEWED)
        done, total = await counted_anew(engine, state.id)
        completed = completed or done == total
        shown = await ask(queries.enrollment, ada, state.id)
        assert (shown.required_done, shown.required_total) == (done, total)
        assert shown.progress_percent == (100 if completed else done * 100 // total)
        assert (shown.status is Status.COMPLETED) == completed
