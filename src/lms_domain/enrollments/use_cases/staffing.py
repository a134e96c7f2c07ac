"""Staff put learners onto a course, one by one or a whole list in one call."""

from collections.abc import Sequence

from lms_domain.enrollments.desk import Desk
from lms_domain.enrollments.model import Source
from lms_domain.enrollments.ports import Candidate, EnrollmentPorts
from lms_domain.enrollments.roll import RollRow, checked
from lms_domain.enrollments.views import BulkResult, EnrollmentState, RowStatus
from lms_domain.kernel import Actor, Again, CourseId, Permission


async def enroll_learner(
    ports: EnrollmentPorts, actor: Actor, course_id: CourseId, row: RollRow
) -> EnrollmentState | Again[EnrollmentState]:
    """One learner, named by id or by email address. Somebody who waits is seated out of turn."""
    taken = await ports.turnstiles.lock(course_id)
    learner_id = await ports.learners.named(course_id, row, anybody=actor.can(Permission.MANAGE_ANY_COURSE))
    offer = await ports.offers.to(learner_id or actor.id, course_id=course_id, actor_id=actor.id)
    offer.sight.must_be_run_by(actor)
    candidate = Candidate(learner_id, offer.enrollment, offer.done) if learner_id else Candidate()
    desk = Desk(
        course_id=course_id,
        terms=offer.terms,
        staff_id=actor.id,
        source=Source.STAFF,
        seats_taken=taken.seats_taken,
        now=ports.clock.now(),
    )
    status, enrollment = desk.seat(row, candidate)
    if status is RowStatus.ALREADY:
        return Again(EnrollmentState.of(enrollment, now=desk.now))
    ports.emit(*desk.events)
    await ports.enrollments.place(desk.placements[0])
    return EnrollmentState.of(enrollment, now=desk.now)


async def enroll_many(ports: EnrollmentPorts, actor: Actor, course_id: CourseId, rows: Sequence[RollRow]) -> BulkResult:
    """Every row that can be, in the order of the rows; the result says of each what became of it."""
    checked(rows)
    return (await enroll_rows(ports, actor, course_id, rows)).summary()


async def enroll_rows(
    ports: EnrollmentPorts, actor: Actor, course_id: CourseId, rows: Sequence[RollRow], *, first: int = 1
) -> Desk:
    """`first`: the number of the first row in the list that they are from. The desk knows what became of each."""
    taken = await ports.turnstiles.lock(course_id)
    (await ports.sights.of(course_id, actor.id)).must_be_run_by(actor)
    terms = await ports.offers.terms(course_id)
    anybody = actor.can(Permission.MANAGE_ANY_COURSE)
    candidates = await ports.learners.candidates(course_id, rows, measured=terms.revision, anybody=anybody)
    desk = Desk(
        course_id=course_id,
        terms=terms,
        staff_id=actor.id,
        source=Source.BULK,
        seats_taken=taken.seats_taken,
        now=ports.clock.now(),
        first=first,
    )
    for row, candidate in zip(rows, candidates, strict=True):
        desk.take(row, candidate)
    ports.emit(*desk.events)
    await ports.enrollments.place_all(course_id, desk.placements)
    return desk
