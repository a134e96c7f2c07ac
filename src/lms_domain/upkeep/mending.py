"""What operators do about sums that are not what counting says. `actor`: None at the command line."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from lms_domain.drifts import DriftKind, DriftMended
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Measure
from lms_domain.kernel import Actor, CourseId, Permission
from lms_domain.upkeep.model import Drift
from lms_domain.upkeep.ports import UpkeepPorts

Mend = Callable[[UpkeepPorts, UUID], Awaitable[tuple[CourseId, Drift]]]


async def mend(ports: UpkeepPorts, actor: Actor | None, kind: DriftKind, subject_id: UUID) -> Drift:
    """Set to what counting says now, whatever a report said and whether or not there was one; what differed."""
    if actor is not None:
        actor.must(Permission.OPERATE)
    course_id, drift = await MENDING[kind](ports, subject_id)
    await ports.drifts.settle(kind, subject_id)
    if drift.counted:
        ports.emit(_mended(drift, course_id, actor, now=ports.clock.now()))
    return drift


def _mended(drift: Drift, course_id: CourseId, actor: Actor | None, *, now: datetime) -> DriftMended:
    return DriftMended(
        at=now,
        kind=drift.kind,
        subject_id=drift.subject_id,
        course_id=course_id,
        by=actor.id if actor else None,
        kept=drift.kept,
        counted=drift.counted,
    )


async def _mend_course(ports: UpkeepPorts, subject_id: UUID) -> tuple[CourseId, Drift]:
    """Whoever enrolls, leaves or reviews waits meanwhile. Seats that turn out to be free are given by the clock."""
    course_id = CourseId(subject_id)
    await ports.turnstiles.lock(course_id)
    drift = await ports.drifts.of(DriftKind.COURSE, course_id)
    if drift.counted:
        await ports.drifts.set_counters(course_id, drift.counted)
    return course_id, drift


async def _mend_enrollment(ports: UpkeepPorts, subject_id: UUID) -> tuple[CourseId, Drift]:
    """As a publish measures it: who turns out to have done everything completes the course; who has, stays so."""
    enrollment = await ports.enrollments.locked(EnrollmentId(subject_id))
    drift = await ports.drifts.of(DriftKind.ENROLLMENT, enrollment.id)
    if drift.counted:
        done = drift.counted["required_done"]
        measure = Measure(revision_id=enrollment.revision_id, total=enrollment.required_total, done=done)
        ports.emit(*enrollment.measure(measure, now=ports.clock.now()))
        await ports.enrollments.save(enrollment)
    return enrollment.course_id, drift


MENDING: dict[DriftKind, Mend] = {DriftKind.COURSE: _mend_course, DriftKind.ENROLLMENT: _mend_enrollment}
