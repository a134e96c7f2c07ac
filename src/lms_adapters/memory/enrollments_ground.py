"""What the enrollments in memory read of the other contexts' entities in the same store."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lms_adapters.memory.organizations import member_of
from lms_adapters.memory.store import Store
from lms_domain.courses.model import Course
from lms_domain.courses.revision import RevisedLesson
from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Enrollment, Status
from lms_domain.enrollments.progress import LessonProgress
from lms_domain.enrollments.roll import RollRow
from lms_domain.identity.model import User
from lms_domain.kernel import CourseId, LessonId, NotFound, RevisionId, UserId
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_domain.turnstile import Counters


class Ground:
    def __init__(self, store: Store) -> None:
        self._store = store

    def course(self, id: CourseId) -> Course:
        course: Course | None = self._all(Course).get(id)
        if course is None:
            raise NotFound(entity="Course", id=id)
        return course

    def lessons(self, revision_id: RevisionId) -> Sequence[RevisedLesson]:
        found: Sequence[RevisedLesson] = self._all(RevisedLesson).get(revision_id, ())
        return found

    def counting(self, revision_id: RevisionId | None) -> set[LessonId]:
        """The lessons that make up 100 %."""
        lessons = self.lessons(revision_id) if revision_id else ()
        return {le.lesson_id for le in lessons if le.required} or {le.lesson_id for le in lessons}

    def all_enrollments(self) -> dict[EnrollmentId, Enrollment]:
        return self._all(Enrollment)

    def enrollment(self, course_id: CourseId, learner_id: UserId) -> Enrollment | None:
        found = (e for e in self.all_enrollments().values() if (e.course_id, e.learner_id) == (course_id, learner_id))
        return deepcopy(next(found, None))

    def queue(self, course_id: CourseId) -> list[Enrollment]:
        """The waitlist, in its order."""
        of_course = (e for e in self.all_enrollments().values() if e.course_id == course_id)
        waiting = [deepcopy(e) for e in of_course if e.status is Status.WAITLISTED]
        return sorted(waiting, key=lambda e: (e.waitlisted_at, e.id))

    def has_completed(self, course_id: CourseId, learner_id: UserId) -> bool:
        mine = self.enrollment(course_id, learner_id)
        return mine is not None and mine.completed_at is not None

    def progress(self) -> dict[tuple[EnrollmentId, LessonId], LessonProgress]:
        return self._all(LessonProgress)

    def completed(self, enrollment: Enrollment) -> set[LessonId]:
        return {le for (e, le), p in self.progress().items() if e == enrollment.id and p.completed_at is not None}

    def done(self, enrollment: Enrollment, revision_id: RevisionId) -> int:
        return len(self.completed(enrollment) & self.counting(revision_id))

    def code(self, course_id: CourseId, code: str | None) -> EnrollmentCode | None:
        found = (k for k in self._all(EnrollmentCode).values() if k.code == code and k.course_id == course_id)
        return deepcopy(next((k for k in found if k.is_active), None))

    def counters(self, course_id: CourseId) -> Counters:
        counters: Counters = self._all(Counters)[course_id]
        return counters

    def keep(self, counters: Counters) -> None:
        self._all(Counters)[counters.course_id] = counters

    def count(self, course_id: CourseId, *, seats: int, waiting: int) -> None:
        old = self.counters(course_id)
        self.keep(
            replace(
                old,
                seats_taken=old.seats_taken + seats,
                enrollment_count=old.enrollment_count + seats,
                waitlisted=old.waitlisted + waiting,
            )
        )

    def user_id(self, course_id: CourseId, row: RollRow, *, anybody: bool) -> UserId | None:
        for user in self._all(User).values():
            named = user.id == row.user_id if row.user_id else user.email == row.folded_email
            if named and user.is_active:
                id: UserId = user.id
                return id if row.user_id or anybody or self._is_known(course_id, id) else None
        return None

    def _is_known(self, course_id: CourseId, user_id: UserId) -> bool:
        organization_id = self.course(course_id).organization_id
        membership = member_of(self._store, organization_id, user_id)
        belongs = membership is not None and membership.accepted_at is not None
        is_default = organization_id == DEFAULT_ORGANIZATION_ID
        return is_default or belongs or self.enrollment(course_id, user_id) is not None

    def _all(self, kind: Any) -> dict[Any, Any]:
        return self._store.setdefault(kind, {})
