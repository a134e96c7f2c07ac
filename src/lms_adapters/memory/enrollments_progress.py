"""Lesson progress in memory, and whole classes measured against a new revision."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import datetime

from lms_adapters.memory.enrollments import MemoryEnrollments
from lms_adapters.memory.enrollments_ground import Ground
from lms_adapters.memory.store import Store
from lms_domain.courses.revision import RevisedLesson, Revision
from lms_domain.enrollments.errors import LessonNotInCourse
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Measure
from lms_domain.enrollments.progress import StudiedLesson, Study
from lms_domain.kernel import Clashed, Event, LessonId, Stale, UserId
from lms_domain.standing import CourseStatus


class MemoryStudies:
    def __init__(self, store: Store, emit: Callable[..., None]) -> None:
        self._ground, self._enrollments, self._emit = Ground(store), MemoryEnrollments(store), emit

    async def of(self, id: EnrollmentId, learner_id: UserId, lesson_id: LessonId, /) -> Study | None:
        enrollment = deepcopy(self._ground.all_enrollments().get(id))
        if enrollment is None or enrollment.learner_id != learner_id:
            return None
        lessons = {lesson.lesson_id: lesson for lesson in self._ground.lessons(enrollment.revision_id)}
        if lesson_id not in lessons:
            raise LessonNotInCourse(lesson_id=lesson_id)
        course, lesson = self._ground.course(enrollment.course_id), lessons[lesson_id]
        studied = StudiedLesson(
            lesson_id=lesson_id,
            kind=lesson.kind,
            counts=lesson_id in self._ground.counting(enrollment.revision_id),
            completion_rule=lesson.completion_rule,
            duration_seconds=lesson.duration_seconds,
            is_open=course.is_active and course.status in {CourseStatus.PUBLISHED, CourseStatus.ARCHIVED},
        )
        progress = self._ground.progress().get((enrollment.id, lesson_id))
        return Study(enrollment=enrollment, lesson=studied, progress=deepcopy(progress))

    async def save(self, study: Study, events: Sequence[Event], /) -> None:
        try:
            await self._enrollments.save(study.enrollment)
        except Stale as error:
            raise Clashed from error
        self._ground.progress()[study.enrollment.id, study.lesson.lesson_id] = deepcopy(study.begun)
        self._emit(*events)


class MemoryClasses:
    def __init__(self, store: Store) -> None:
        self._ground, self._enrollments = Ground(store), MemoryEnrollments(store)

    async def rebase(
        self, revision: Revision, lessons: Sequence[RevisedLesson], /, *, now: datetime
    ) -> Sequence[Event]:
        counting = {lesson.lesson_id for lesson in lessons if lesson.required} or {le.lesson_id for le in lessons}
        happened: list[Event] = []
        for enrollment in sorted(self._ground.all_enrollments().values(), key=lambda e: e.id):
            if enrollment.course_id == revision.course_id and enrollment.status.has_seat:
                moved = deepcopy(enrollment)
                done = len(self._ground.completed(moved) & counting)
                happened += moved.measure(Measure(revision_id=revision.id, total=len(counting), done=done), now=now)
                await self._enrollments.save(moved)
        return happened
