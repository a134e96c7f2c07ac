"""Codes that staff give out."""

from lms_domain.enrollments.codes import CodeDraft, EnrollmentCode
from lms_domain.enrollments.events import CodeId
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.kernel import Actor, CourseId, NotFound, must_be_current


async def create_code(ports: EnrollmentPorts, actor: Actor, course_id: CourseId, draft: CodeDraft) -> EnrollmentCode:
    sight = await ports.sights.of(course_id, actor.id)
    sight.must_be_run_by(actor)
    code = EnrollmentCode.make(course_id, draft, by=actor.id, now=ports.clock.now())
    await ports.enrollment_codes.add(code)
    ports.emit(code.created())
    return code


async def revoke_code(
    ports: EnrollmentPorts, actor: Actor, code_id: CodeId, expected: int | None = None
) -> EnrollmentCode:
    """Nobody enters with it any more; who has entered stays. The turnstile keeps it apart from a redemption."""
    found = await ports.enrollment_codes.get(code_id)
    sight = await ports.sights.of(found.course_id, actor.id)
    if not sight.is_run_by(actor):
        raise NotFound(entity="EnrollmentCode", id=code_id)
    await ports.turnstiles.lock(found.course_id)
    code = await ports.enrollment_codes.get(code_id)
    must_be_current(code.version, expected)
    if code.is_active:
        ports.emit(*code.revoke(now=ports.clock.now()))
        await ports.enrollment_codes.save(code)
    return code
