"""Reviews, in memory."""

from dataclasses import replace
from uuid import UUID

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.courses.model import Course
from lms_domain.courses.reviews import AlreadyReviewed, Attendance, Review, ReviewedCourse
from lms_domain.enrollments.model import Enrollment
from lms_domain.identity.model import User
from lms_domain.kernel import CourseId, NotFound, UserId
from lms_domain.turnstile import Counters


class MemoryReviews(MemoryRepository[Review]):
    entity = Review
    unique = ((("enrollment_id",), AlreadyReviewed),)

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._counters: dict[CourseId, Counters] = store.setdefault(Counters, {})

    async def of_enrollment(self, enrollment_id: UUID, /) -> Review | None:
        return next(self._where(lambda review: review.enrollment_id == enrollment_id), None)

    async def count(self, course_id: CourseId, /, *, reviews: int, ratings: int) -> None:
        counted = self._counters[course_id]
        self._counters[course_id] = replace(
            counted, review_count=counted.review_count + reviews, rating_sum=counted.rating_sum + ratings
        )


class MemoryAttendances:
    def __init__(self, store: Store) -> None:
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._enrollments: dict[UUID, Enrollment] = store.setdefault(Enrollment, {})
        self._users: dict[UserId, User] = store.setdefault(User, {})

    async def of(self, course_id: CourseId, user_id: UserId, /) -> Attendance | None:
        user = self._users.get(user_id)
        if user is not None and not user.is_active:
            return None
        for enrollment in self._enrollments.values():
            if (enrollment.course_id, enrollment.learner_id) == (course_id, user_id):
                return Attendance(
                    enrollment_id=enrollment.id,
                    learner_name=user.full_name if user else "",
                    is_on_course=enrollment.status.has_seat,
                    progress_percent=enrollment.progress_percent,
                )
        return None

    async def course(self, course_id: CourseId, /) -> ReviewedCourse:
        course = self._courses.get(course_id)
        if course is None:
            raise NotFound(entity="Course", id=course_id)
        return ReviewedCourse(
            id=course.id, status=course.status, visibility=course.visibility, is_active=course.is_active
        )
