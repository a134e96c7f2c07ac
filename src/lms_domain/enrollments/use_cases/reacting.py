"""What follows from events, of this context and of others."""

from typing import Protocol

from lms_domain.enrollments.events import CourseCompleted
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.enrollments.use_cases.enrolling import drop
from lms_domain.enrollments.use_cases.seating import fill_seats
from lms_domain.kernel import Actor, CourseId, UserId


class OfCourse(Protocol):
    """An event that says which course it happened to."""

    @property
    def course_id(self) -> CourseId: ...


class OfUser(Protocol):
    @property
    def user_id(self) -> UserId: ...


async def seat_waiting(ports: EnrollmentPorts, event: OfCourse) -> None:
    """There may be more seats now, or the course may be open again."""
    taken = await ports.turnstiles.lock(event.course_id)
    if taken.waitlisted:
        await fill_seats(ports, event.course_id, seats_taken=taken.seats_taken)


async def leave_courses(ports: EnrollmentPorts, event: OfUser) -> None:
    """Who was erased takes no seat; what they have completed stays so."""
    for id in await ports.enrollments.open_of(event.user_id):
        await drop(ports, Actor(id=event.user_id), id)


async def count_completion(ports: EnrollmentPorts, event: CourseCompleted) -> None:
    await ports.completions.count_one(event.course_id)
