"""Coming onto a course and leaving it."""

from datetime import datetime

from lms_domain.enrollments import admission
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.course import Offer
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Enrollment, Status
from lms_domain.enrollments.ports import EnrollmentPorts, Placement
from lms_domain.enrollments.use_cases.seating import fill_seats
from lms_domain.enrollments.views import EnrollmentState
from lms_domain.kernel import Actor, Again, CourseId, Forbidden, NotFound, must_be_current

NO_WISH = Wish()


async def enroll(
    ports: EnrollmentPorts, actor: Actor, course_id: CourseId, wish: Wish = NO_WISH
) -> EnrollmentState | Again[EnrollmentState]:
    taken = await ports.turnstiles.lock(course_id)
    offer = await ports.offers.to(actor.id, course_id=course_id, actor_id=actor.id, code=wish.stored_code)
    mine, now = offer.enrollment, ports.clock.now()
    if mine and admission.is_settled(mine, wish, now):
        return Again(EnrollmentState.of(mine, now=now, position=offer.position))
    entry = admission.by_oneself(offer, actor, wish, now=now)
    enrollment = mine or Enrollment.begin(course_id, actor.id, entry, offer.measure, now=now)
    before = mine.status if mine else None
    if mine and mine.is_active:
        ports.emit(*mine.renew(entry, access_until=offer.terms.access_until(now), now=now))
    else:
        ports.emit(*admission.take_place(enrollment, offer, taken, entry, may_wait=wish.waitlist, now=now))
    _redeem(ports, offer, enrollment, now)
    await ports.enrollments.place(Placement(enrollment, before), code_id=entry.code_id)
    return EnrollmentState.of(enrollment, now=now, position=taken.waitlisted + 1)


def _redeem(ports: EnrollmentPorts, offer: Offer, enrollment: Enrollment, now: datetime) -> None:
    if offer.code is not None:
        ports.emit(*offer.code.redeem(enrollment.learner_id, now=now))


async def drop(
    ports: EnrollmentPorts, actor: Actor, enrollment_id: EnrollmentId, expected: int | None = None
) -> EnrollmentState:
    """By the learner, or by who runs the course. The seat goes to the first one who waits."""
    found = await ports.enrollments.get(enrollment_id)
    if found.learner_id != actor.id:
        await _must_run(ports, actor, found)
    taken = await ports.turnstiles.lock(found.course_id)
    enrollment = await ports.enrollments.locked(enrollment_id)
    must_be_current(enrollment.version, expected)
    before, now = enrollment.status, ports.clock.now()
    if before is not Status.DROPPED:
        ports.emit(*enrollment.drop(actor.id, now=now))
        await ports.enrollments.place(Placement(enrollment, before))
    if before.has_seat and taken.waitlisted:
        await fill_seats(ports, enrollment.course_id, seats_taken=taken.seats_taken - 1)
    return EnrollmentState.of(enrollment, now=now)


async def change_access(
    ports: EnrollmentPorts,
    actor: Actor,
    enrollment_id: EnrollmentId,
    expires_at: datetime | None,
    expected: int | None = None,
) -> EnrollmentState:
    """Longer or shorter, by who runs the course; `None` is without end."""
    enrollment = await ports.enrollments.locked(enrollment_id)
    await _must_run(ports, actor, enrollment)
    must_be_current(enrollment.version, expected)
    now = ports.clock.now()
    happened = list(enrollment.change_access(expires_at, by=actor.id, now=now))
    if happened:
        ports.emit(*happened)
        await ports.enrollments.save(enrollment)
    return EnrollmentState.of(enrollment, now=now)


async def _must_run(ports: EnrollmentPorts, actor: Actor, enrollment: Enrollment) -> None:
    """Who may not see the enrollment is told that there is none."""
    sight = await ports.sights.of(enrollment.course_id, actor.id)
    if sight.is_run_by(actor):
        return
    if sight.is_taught_by(actor) or enrollment.learner_id == actor.id:
        raise Forbidden("Only the course's instructors may do this.")
    raise NotFound(entity="Enrollment", id=enrollment.id)
