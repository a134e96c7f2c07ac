"""Who writes, runs and assists a course."""

from lms_domain.courses.errors import LastOwner
from lms_domain.courses.events import StaffPut, StaffRemoved
from lms_domain.courses.model import StaffMember
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.guards import locked_course, must_be_appointer
from lms_domain.kernel import Actor, CourseId, NotFound, UserId
from lms_domain.standing import CourseRole, must_see


async def put_staff(
    ports: CoursePorts, actor: Actor, course_id: CourseId, user_id: UserId, role: CourseRole
) -> StaffMember:
    """Add somebody to the staff, or give them another role."""
    await must_be_appointer(ports, actor, course_id)
    await locked_course(ports, course_id)  # two owners who dismiss each other must not both succeed
    staff = {member.user_id: member for member in await ports.course_staff.of(course_id)}
    if role is not CourseRole.OWNER:
        _must_not_be_last_owner(staff, user_id)
    now = ports.clock.now()
    member = StaffMember(course_id=course_id, user_id=user_id, role=role, added_by=actor.id, added_at=now)
    known = staff.get(user_id)
    if known is not None and known.role is role:
        return known
    await ports.course_staff.put(member)
    ports.emit(
        StaffPut(
            at=now, course_id=course_id, by=actor.id, user_id=user_id, role=role, before=known.role if known else None
        )
    )
    return member


async def remove_staff(ports: CoursePorts, actor: Actor, course_id: CourseId, user_id: UserId) -> None:
    """Owners remove anybody; everybody may remove themselves."""
    if user_id == actor.id:
        must_see(actor, await ports.courses.get(course_id), await ports.standings.of(course_id, actor.id))
    else:
        await must_be_appointer(ports, actor, course_id)
    await locked_course(ports, course_id)
    staff = {member.user_id: member for member in await ports.course_staff.of(course_id)}
    if user_id not in staff:
        raise NotFound(entity="StaffMember", id=user_id)
    _must_not_be_last_owner(staff, user_id)
    await ports.course_staff.remove(course_id, user_id)
    role, now = staff[user_id].role, ports.clock.now()
    ports.emit(StaffRemoved(at=now, course_id=course_id, by=actor.id, user_id=user_id, role=role))


def _must_not_be_last_owner(staff: dict[UserId, StaffMember], user_id: UserId) -> None:
    owners = [id for id, member in staff.items() if member.role is CourseRole.OWNER]
    if owners == [user_id]:
        raise LastOwner
