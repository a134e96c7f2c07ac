"""Working through lessons."""

from lms_domain.enrollments.errors import NotYourProgress
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.enrollments.progress import Report
from lms_domain.enrollments.views import ProgressView
from lms_domain.kernel import Actor, LessonId, NotFound, must_be_current
from lms_domain.transactions import single_write


@single_write
async def record_progress(
    ports: EnrollmentPorts,
    actor: Actor,
    enrollment_id: EnrollmentId,
    lesson_id: LessonId,
    *,
    report: Report,
    expected: int | None = None,
) -> ProgressView:
    """What runs most often of all: two statements, and no lock unless two reports on one enrollment meet."""
    study = await ports.studies.of(enrollment_id, actor.id, lesson_id)
    if study is None:
        raise await _not_theirs(ports, actor, enrollment_id)
    must_be_current(study.enrollment.version, expected)
    now = ports.clock.now()
    study.enrollment.must_be_studied(now)
    happened = list(study.record(report, now=now))
    await ports.studies.save(study, happened)
    return ProgressView.of(study)


async def _not_theirs(ports: EnrollmentPorts, actor: Actor, enrollment_id: EnrollmentId) -> Exception:
    enrollment = await ports.enrollments.get(enrollment_id)
    sight = await ports.sights.of(enrollment.course_id, actor.id)
    return NotYourProgress() if sight.is_taught_by(actor) else NotFound(entity="Enrollment", id=enrollment_id)
