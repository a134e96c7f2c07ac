"""Working through lessons."""

from lms_domain.enrollments.errors import NotYourProgress
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.views import ProgressView
from lms_domain.kernel import Actor, LessonId, NotFound, must_be_current


async def record_progress(
    ports: EnrollmentPorts,
    actor: Actor,
    enrollment_id: EnrollmentId,
    lesson_id: LessonId,
    *,
    report: Report,
    expected: int | None = None,
) -> ProgressView:
    """Locks the enrollment and nothing else, so that a class studies without waiting for each other."""
    enrollment = await ports.studies.enrollment(enrollment_id, actor.id)
    if enrollment is None:
        raise await _not_theirs(ports, actor, enrollment_id)
    must_be_current(enrollment.version, expected)
    now = ports.clock.now()
    enrollment.must_be_studied(now)
    study = await ports.studies.of(enrollment, lesson_id)
    ports.emit(*study.record(report, now=now))
    await ports.studies.save(study)
    return ProgressView.of(study)


async def _not_theirs(ports: EnrollmentPorts, actor: Actor, enrollment_id: EnrollmentId) -> Exception:
    enrollment = await ports.enrollments.get(enrollment_id)
    sight = await ports.sights.of(enrollment.course_id, actor.id)
    return NotYourProgress() if sight.is_taught_by(actor) else NotFound(entity="Enrollment", id=enrollment_id)
