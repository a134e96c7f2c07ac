"""Free seats go to those who wait, in the order in which they came."""

from lms_domain.enrollments.ports import EnrollmentPorts, Placement
from lms_domain.kernel import CourseId, NotFound


async def fill_seats(ports: EnrollmentPorts, course_id: CourseId, *, seats_taken: int) -> None:
    """The caller holds the turnstile. Nobody is seated while the course is closed to newcomers, or deleted."""
    now = ports.clock.now()
    try:
        terms = await ports.offers.terms(course_id)
    except NotFound:
        return
    free = None if terms.seats is None else max(0, terms.seats - seats_taken)
    if not terms.is_open or free == 0:
        return
    placements = []
    for waiting in await ports.enrollments.waiting(course_id, free, measured=terms.revision):
        enrollment = waiting.enrollment
        placements.append(Placement(enrollment, enrollment.status))
        access_until = terms.access_until(now)
        ports.emit(*enrollment.promote(terms.measure(waiting.done), access_until=access_until, now=now))
    await ports.enrollments.place_all(course_id, placements)
