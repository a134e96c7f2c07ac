"""The whole order of a course in one call."""

from lms_domain.courses.events import OutlineChanged
from lms_domain.courses.outline import Order
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.guards import course_to_edit
from lms_domain.courses.use_cases.sections import touch
from lms_domain.courses.views.authoring import DraftSections
from lms_domain.kernel import Actor, refuse_if_any


async def arrange(ports: CoursePorts, actor: Actor, order: Order, *, expected: int | None = None) -> DraftSections:
    """Lessons may move into other sections. `expected` is the version of the course."""
    course = await course_to_edit(ports, actor, order.course_id, expected)
    actual = await ports.drafts.order(course.id)
    refuse_if_any(order.problems_against(actual))
    if order != actual:
        await ports.drafts.arrange(order)
        await touch(ports, course)
        ports.emit(OutlineChanged(at=course.updated_at, course_id=course.id, by=actor.id))
    return await ports.drafts.lines(course.id)
