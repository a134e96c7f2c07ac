"""What an operator has mended is told and audited; what is right is left alone."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.enrollments.classroom import a_course, a_lesson, somebody

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.audit.model import Origin, Via
from lms_domain.audit.trail import entries_of
from lms_domain.courses.model import Course
from lms_domain.drifts import DriftKind, DriftMended
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.events import CourseCompleted, EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.progress import Report
from lms_domain.kernel import Actor, Event, Forbidden, NotFound, Permission, new_id
from lms_domain.upkeep.mending import mend
from lms_domain.upkeep.model import Drift

LESSONS = [a_lesson(title=str(n)) for n in range(2)]


@pytest.fixture
def ports() -> MemoryPorts:
    return MemoryPorts()


@pytest.fixture
async def course(ports: MemoryPorts) -> Course:
    return await a_course(ports, somebody(), LESSONS)


async def a_learner_of(ports: MemoryPorts, course: Course, *, done: int = 0) -> EnrollmentId:
    ada = somebody()
    state: Any = await use_cases.enroll(ports, ada, course.id)
    for lesson in LESSONS[:done]:
        await use_cases.record_progress(ports, ada, state.id, lesson.lesson_id, report=Report(viewed=True))
    ports.events.clear()
    return EnrollmentId(state.id)


def told(ports: MemoryPorts) -> list[type[Event]]:
    return [type(event) for event in ports.events]


async def test_who_mended_what_is_audited_with_the_numbers(ports: MemoryPorts, course: Course) -> None:
    await a_learner_of(ports, course)
    await ports.drifts.set_counters(course.id, {"seats_taken": 7, "enrollment_count": 0})
    operator = replace(somebody(), permissions=frozenset({Permission.OPERATE}))
    kept, counted = {"seats_taken": 7, "enrollment_count": 0}, {"seats_taken": 1, "enrollment_count": 1}
    drift = await mend(ports, operator, DriftKind.COURSE, course.id)
    assert drift == Drift(kind=DriftKind.COURSE, subject_id=course.id, kept=kept, counted=counted)
    assert (await ports.turnstiles.lock(course.id)).seats_taken == 1
    [entry] = entries_of(ports.events, Origin(via=Via.HTTP))
    assert (entry.action, entry.target_kind, entry.target_id) == ("drift.mended", "drift", course.id)
    assert (entry.actor_id, entry.course_id) == (operator.id, course.id)
    assert entry.before == '{"kept":{"enrollment_count":0,"seats_taken":7}}'
    assert entry.after == '{"counted":{"enrollment_count":1,"seats_taken":1},"kind":"course"}'


async def test_what_is_right_is_left_alone_however_often_it_is_mended(ports: MemoryPorts, course: Course) -> None:
    mine = await a_learner_of(ports, course, done=1)
    before = await ports.enrollments.get(mine)
    for kind, subject_id in ((DriftKind.COURSE, course.id), (DriftKind.ENROLLMENT, mine)) * 2:
        assert (await mend(ports, None, kind, subject_id)).counted == {}
    assert ports.events == []
    assert await ports.enrollments.get(mine) == before


async def test_progress_is_measured_anew(ports: MemoryPorts, course: Course) -> None:
    mine = await a_learner_of(ports, course, done=1)
    enrollment = await ports.enrollments.get(mine)
    enrollment.required_done, enrollment.progress_percent = 0, 0
    await ports.enrollments.save(enrollment)
    assert (await mend(ports, None, DriftKind.ENROLLMENT, mine)).counted == {"required_done": 1}
    mended = await ports.enrollments.get(mine)
    assert (mended.required_done, mended.progress_percent, mended.version) == (1, 50, enrollment.version + 1)
    assert told(ports) == [DriftMended]


async def test_who_has_done_everything_completes_the_course_with_it(ports: MemoryPorts, course: Course) -> None:
    mine = await a_learner_of(ports, course, done=2)
    enrollment = await ports.enrollments.get(mine)
    enrollment.status, enrollment.completed_at, enrollment.required_done = Status.ACTIVE, None, 1
    await ports.enrollments.save(enrollment)
    for _ in range(2):
        await mend(ports, None, DriftKind.ENROLLMENT, mine)
    assert (await ports.enrollments.get(mine)).status is Status.COMPLETED
    assert told(ports) == [CourseCompleted, DriftMended]


async def test_who_has_completed_a_course_stays_so(ports: MemoryPorts, course: Course) -> None:
    mine = await a_learner_of(ports, course, done=1)
    enrollment = await ports.enrollments.get(mine)
    enrollment.status, enrollment.completed_at, enrollment.required_done = Status.COMPLETED, ports.clock.now(), 2
    await ports.enrollments.save(enrollment)
    await mend(ports, None, DriftKind.ENROLLMENT, mine)
    mended = await ports.enrollments.get(mine)
    assert (mended.status, mended.required_done, mended.progress_percent) == (Status.COMPLETED, 1, 100)


async def test_of_whom_is_not_on_the_course_nothing_is_counted(ports: MemoryPorts, course: Course) -> None:
    mine = await a_learner_of(ports, course, done=1)
    enrollment = await ports.enrollments.get(mine)
    await use_cases.drop(ports, Actor(id=enrollment.learner_id), mine)
    assert (await mend(ports, None, DriftKind.ENROLLMENT, mine)).counted == {}


async def test_others_mend_nothing_and_nothing_is_not_mended(ports: MemoryPorts, course: Course) -> None:
    with pytest.raises(Forbidden):
        await mend(ports, somebody(), DriftKind.COURSE, course.id)
    for kind in DriftKind:
        with pytest.raises(NotFound):
            await mend(ports, None, kind, new_id())
