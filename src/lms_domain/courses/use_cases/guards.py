"""Who may do what is asked here, before anything is locked; what is handed out is locked and as old as the lock."""

from lms_domain.courses.model import Course, Lesson, Section
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.kernel import Actor, CourseId, Forbidden, LessonId, NotFound, SectionId, must_be_current
from lms_domain.standing import may_appoint, may_edit, must_be_within, must_edit, must_see


async def must_be_editor(ports: CoursePorts, actor: Actor, course_id: CourseId) -> None:
    standing = await ports.standings.of(course_id, actor.id)
    if not may_edit(actor, standing):
        must_edit(actor, await ports.courses.get(course_id), standing)


async def must_be_appointer(ports: CoursePorts, actor: Actor, course_id: CourseId) -> None:
    standing = await ports.standings.of(course_id, actor.id)
    if may_appoint(actor, standing):
        return
    must_see(actor, await ports.courses.get(course_id), standing)
    must_be_within(actor, standing)
    raise Forbidden("Only the course's owners decide who is on its staff.")


async def locked_course(ports: CoursePorts, course_id: CourseId, expected: int | None = None) -> Course:
    """The course, unless it is deleted."""
    course = await ports.courses.locked(course_id)
    if not course.is_active:
        raise NotFound(entity="Course", id=course_id)
    must_be_current(course.version, expected)
    return course


async def course_to_edit(ports: CoursePorts, actor: Actor, course_id: CourseId, expected: int | None = None) -> Course:
    await must_be_editor(ports, actor, course_id)
    return await locked_course(ports, course_id, expected)


async def section_to_edit(
    ports: CoursePorts, actor: Actor, section_id: SectionId, expected: int | None = None
) -> tuple[Course, Section]:
    """The section may be deleted. What the actor may not see is as unknown as what does not exist."""
    found = await ports.sections.get(section_id)
    course = await _course_of(ports, actor, found.course_id, "Section", section_id)
    section = await ports.sections.get(section_id)  # again: now that the course is locked, nobody changes it
    must_be_current(section.version, expected)
    return course, section


async def lesson_to_arrange(
    ports: CoursePorts, actor: Actor, lesson_id: LessonId, expected: int | None = None
) -> tuple[Course, Lesson]:
    """With its course locked too, for what changes the outline. The lesson may be deleted."""
    found = await ports.lessons.get(lesson_id)
    course = await _course_of(ports, actor, found.course_id, "Lesson", lesson_id)
    lesson = await ports.lessons.locked(lesson_id)
    must_be_current(lesson.version, expected)
    return course, lesson


async def lesson_to_edit(ports: CoursePorts, actor: Actor, lesson_id: LessonId, expected: int | None = None) -> Lesson:
    """The lesson alone: authors of other lessons are not held up."""
    found = await ports.lessons.get(lesson_id)
    try:
        await must_be_editor(ports, actor, found.course_id)
    except NotFound:
        raise NotFound(entity="Lesson", id=lesson_id) from None
    lesson = await ports.lessons.locked(lesson_id)
    section = await ports.sections.get(lesson.section_id)
    if not (lesson.is_active and section.is_active):
        raise NotFound(entity="Lesson", id=lesson_id)
    must_be_current(lesson.version, expected)
    return lesson


async def _course_of(
    ports: CoursePorts, actor: Actor, course_id: CourseId, entity: str, id: SectionId | LessonId
) -> Course:
    try:
        return await course_to_edit(ports, actor, course_id)
    except NotFound:
        raise NotFound(entity=entity, id=id) from None
