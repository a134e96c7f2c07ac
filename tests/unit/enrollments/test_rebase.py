"""Progress that is kept step by step is what counting everything anew would say, whatever is published meanwhile."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.enrollments.classroom import a_course, a_lesson, publish, somebody
from tests.unit.enrollments.test_waitlist import finished

from lms_adapters.memory.ports import FixedClock, MemoryPorts
from lms_domain.courses.revision import RevisedLesson
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.errors import LessonNotInCourse
from lms_domain.enrollments.events import CourseCompleted, LessonCompleted
from lms_domain.enrollments.model import Enrollment, Status, percent
from lms_domain.enrollments.progress import Report
from lms_domain.kernel import LessonId

LESSONS = [a_lesson(title=str(n)) for n in range(5)]

views = st.tuples(st.just("view"), st.integers(0, 4), st.just(()))
publications = st.tuples(
    st.just("publish"),
    st.just(0),
    st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, unique_by=lambda pair: pair[0]),
)


def counting(lessons: list[RevisedLesson]) -> set[LessonId]:
    required = {lesson.lesson_id for lesson in lessons if lesson.required}
    return required or {lesson.lesson_id for lesson in lessons}


@settings(deadline=None, max_examples=200)
@given(st.lists(views | publications, max_size=25))
def test_incremental_progress_equals_recomputation(steps: list[tuple[str, int, Any]]) -> None:
    ports = MemoryPorts({}, FixedClock())
    ada, current = somebody(), list(LESSONS)
    course = finished(a_course(ports, somebody(), current))
    mine = finished(use_cases.enroll(ports, ada, course.id))
    completed_before = False
    for kind, n, lessons in steps:
        if kind == "publish":
            current = [a_lesson(lesson_id=LESSONS[i].lesson_id, required=required) for i, required in lessons]
            finished(publish(ports, course.id, current))
        else:
            view = use_cases.record_progress(ports, ada, mine.id, LESSONS[n].lesson_id, report=Report(viewed=True))
            try:
                finished(view)
            except LessonNotInCourse:
                assert LESSONS[n].lesson_id not in {lesson.lesson_id for lesson in current}
        enrollment: Enrollment = ports._store[Enrollment][mine.id]
        seen = {e.lesson_id for e in ports.events if isinstance(e, LessonCompleted)}
        done, total = len(seen & counting(current)), len(counting(current))
        completed_before = completed_before or done == total
        assert (enrollment.required_done, enrollment.required_total) == (done, total)
        assert (enrollment.status is Status.COMPLETED) == completed_before
        assert enrollment.progress_percent == (100 if completed_before else percent(done, total))
    assert sum(isinstance(e, CourseCompleted) for e in ports.events) == completed_before
