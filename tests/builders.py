"""The only factories of the tests. Each states what matters and leaves the rest to a sensible default."""

from typing import Any

from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases import authoring, publishing, sections
from lms_domain.courses.use_cases.lessons import add_lesson
from lms_domain.courses.views.course import CourseView
from lms_domain.enrollments import use_cases
from lms_domain.enrollments.admission import Wish
from lms_domain.enrollments.progress import Report
from lms_domain.identity.model import User
from lms_domain.kernel import Actor, CourseId, Permission, UserId, new_id
from lms_domain.ports import AllPorts

TEACHES = frozenset({Permission.CREATE_COURSES})
ADMINISTERS = frozenset(Permission)


def a_learner() -> Actor:
    return Actor(id=UserId(new_id()))


def a_teacher() -> Actor:
    """An instructor of the instance: may create courses in the default organization."""
    return Actor(id=UserId(new_id()), permissions=TEACHES)


def an_admin() -> Actor:
    return Actor(id=UserId(new_id()), permissions=ADMINISTERS)


async def a_draft(ports: CoursePorts, teacher: Actor, *, lessons: int = 2, **values: Any) -> CourseView:
    """A course with one section of text lessons. On PostgreSQL the teacher must be a user."""
    course = await authoring.create(ports, teacher, {"title": "Keeping bees"} | values)
    section = await sections.add_section(ports, teacher, course.id, {"title": "Spring"})
    for number in range(lessons):
        body = {"title": f"Lesson {number}", "content": {"body": f"What to do on day {number}."}}
        await add_lesson(ports, teacher, section.id, body)
    return course


async def a_published_course(ports: CoursePorts, teacher: Actor, *, lessons: int = 2, **values: Any) -> CourseView:
    course = await a_draft(ports, teacher, lessons=lessons, **values)
    await publishing.publish(ports, teacher, course.id)
    return await authoring.as_drafted(ports, teacher, course.id)


async def a_reader(ports: AllPorts, course_id: CourseId, *, lessons: int = 1) -> Actor:
    """Registered and on the course, with its first lessons done."""
    learner = await registered(ports, a_learner())
    enrollment: Any = await use_cases.enroll(ports, learner, course_id, Wish())
    for lesson in list((await ports.drafts.of(course_id)).lessons)[:lessons]:
        await use_cases.record_progress(ports, learner, enrollment.id, lesson.id, report=Report(viewed=True))
    return learner


async def registered(ports: AllPorts, actor: Actor, *, full_name: str = "Ada Lovelace") -> Actor:
    """The account behind an actor, where a database wants to see one."""
    now = ports.clock.now()
    user = User(id=actor.id, email=f"{actor.id.hex}@example.org", full_name=full_name, created_at=now, updated_at=now)
    await ports.users.add(user)
    return actor
