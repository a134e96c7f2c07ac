"""The lessons of a draft. Each call is one transaction."""

from collections.abc import Mapping
from typing import Any

from lms_domain.courses import events, fields
from lms_domain.courses.errors import SectionDeleted
from lms_domain.courses.model import Lesson, LessonKind
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.guards import lesson_to_arrange, lesson_to_edit, section_to_edit
from lms_domain.courses.use_cases.sections import touch
from lms_domain.courses.views.lesson import LessonView
from lms_domain.kernel import Actor, Again, LessonId, NotFound, Problem, SectionId, new_id, refuse_if_any


async def add_lesson(ports: CoursePorts, actor: Actor, section_id: SectionId, values: Mapping[str, Any]) -> LessonView:
    """Behind the others of its section. A quiz or an assignment is not required unless that is said."""
    course, section = await section_to_edit(ports, actor, section_id)
    if not section.is_active:
        raise NotFound(entity="Section", id=section_id)
    problems: list[Problem] = []
    lesson_fields = fields.lesson_fields(values, ports.rendering, problems)
    refuse_if_any(problems)
    kind: LessonKind = lesson_fields.setdefault("kind", LessonKind.TEXT)
    lesson_fields.setdefault("required", not kind.is_graded)
    now = ports.clock.now()
    lesson = Lesson(
        id=LessonId(new_id()),
        course_id=course.id,
        section_id=section_id,
        position=await ports.lessons.next_position(section_id),
        created_at=now,
        updated_at=now,
        **lesson_fields,
    )
    await ports.lessons.add(lesson)
    await touch(ports, course)
    ports.emit(events.LessonAdded(at=now, course_id=course.id, by=actor.id, lesson_id=lesson.id))
    return LessonView.drafted(lesson)


async def change_lesson(
    ports: CoursePorts, actor: Actor, lesson_id: LessonId, values: Mapping[str, Any], *, expected: int | None = None
) -> LessonView:
    lesson = await lesson_to_edit(ports, actor, lesson_id, expected)
    problems: list[Problem] = []
    lesson_fields = fields.lesson_fields(values, ports.rendering, problems, lesson)
    refuse_if_any(problems)
    changed = tuple(name for name, value in lesson_fields.items() if getattr(lesson, name) != value)
    if not changed:
        return LessonView.drafted(lesson)
    for name in changed:
        setattr(lesson, name, lesson_fields[name])
    lesson.updated_at = ports.clock.now()
    await ports.lessons.save(lesson)
    ports.emit(
        events.LessonChanged(
            at=lesson.updated_at, course_id=lesson.course_id, by=actor.id, lesson_id=lesson_id, fields=changed
        )
    )
    return LessonView.drafted(lesson)


async def delete_lesson(ports: CoursePorts, actor: Actor, lesson_id: LessonId, *, expected: int | None = None) -> None:
    """Softly, and from the draft only: learners keep it until the next publish."""
    course, lesson = await lesson_to_arrange(ports, actor, lesson_id, expected)
    if not lesson.is_active:
        raise NotFound(entity="Lesson", id=lesson_id)
    lesson.is_active, lesson.updated_at = False, ports.clock.now()
    await ports.lessons.save(lesson)
    await touch(ports, course)
    ports.emit(events.LessonDeleted(at=course.updated_at, course_id=course.id, by=actor.id, lesson_id=lesson_id))


async def restore_lesson(ports: CoursePorts, actor: Actor, lesson_id: LessonId) -> LessonView | Again[LessonView]:
    """Behind the others of its section."""
    course, lesson = await lesson_to_arrange(ports, actor, lesson_id)
    if not (await ports.sections.get(lesson.section_id)).is_active:
        raise SectionDeleted(section_id=lesson.section_id)
    if lesson.is_active:
        return Again(LessonView.drafted(lesson))
    await ports.lessons.move_to_end(lesson)
    lesson.is_active, lesson.updated_at = True, ports.clock.now()
    await ports.lessons.save(lesson)
    await touch(ports, course)
    ports.emit(events.LessonRestored(at=course.updated_at, course_id=course.id, by=actor.id, lesson_id=lesson_id))
    return LessonView.drafted(lesson)
