"""The sections of a draft. Each call is one transaction, and holds the course so that the outline is one's own."""

from collections.abc import Mapping
from typing import Any

from lms_domain.courses import events, fields
from lms_domain.courses.model import Course, Section
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.guards import course_to_edit, section_to_edit
from lms_domain.kernel import Actor, Again, CourseId, NotFound, Problem, SectionId, new_id, refuse_if_any


async def add_section(ports: CoursePorts, actor: Actor, course_id: CourseId, values: Mapping[str, Any]) -> Section:
    """Behind the others."""
    course = await course_to_edit(ports, actor, course_id)
    problems: list[Problem] = []
    section_fields = fields.section_fields(values, problems)
    refuse_if_any(problems)
    position = await ports.sections.next_position(course_id)
    section = Section(id=SectionId(new_id()), course_id=course_id, position=position, **section_fields)
    await ports.sections.add(section)
    await touch(ports, course)
    ports.emit(events.SectionAdded(at=course.updated_at, course_id=course_id, by=actor.id, section_id=section.id))
    return section


async def change_section(
    ports: CoursePorts, actor: Actor, section_id: SectionId, values: Mapping[str, Any], *, expected: int | None = None
) -> Section:
    course, section = await section_to_edit(ports, actor, section_id, expected)
    _must_be_there(section)
    problems: list[Problem] = []
    section_fields = fields.section_fields(values, problems)
    refuse_if_any(problems)
    changed = tuple(name for name, value in section_fields.items() if getattr(section, name) != value)
    if not changed:
        return section
    for name in changed:
        setattr(section, name, section_fields[name])
    await ports.sections.save(section)
    await touch(ports, course)
    ports.emit(
        events.SectionChanged(
            at=course.updated_at, course_id=course.id, by=actor.id, section_id=section_id, fields=changed
        )
    )
    return section


async def delete_section(
    ports: CoursePorts, actor: Actor, section_id: SectionId, *, expected: int | None = None
) -> None:
    """Its lessons are out of sight with it, and come back with it."""
    course, section = await section_to_edit(ports, actor, section_id, expected)
    _must_be_there(section)
    section.is_active = False
    await ports.sections.save(section)
    await touch(ports, course)
    ports.emit(events.SectionDeleted(at=course.updated_at, course_id=course.id, by=actor.id, section_id=section_id))


async def restore_section(ports: CoursePorts, actor: Actor, section_id: SectionId) -> Section | Again[Section]:
    """Behind the others."""
    course, section = await section_to_edit(ports, actor, section_id)
    if section.is_active:
        return Again(section)
    section.is_active = True
    section.position = await ports.sections.next_position(course.id)
    await ports.sections.save(section)
    await touch(ports, course)
    ports.emit(events.SectionRestored(at=course.updated_at, course_id=course.id, by=actor.id, section_id=section_id))
    return section


async def touch(ports: CoursePorts, course: Course) -> None:
    """What belongs to the course has changed, so its version has."""
    course.updated_at = ports.clock.now()
    await ports.courses.save(course)


def _must_be_there(section: Section) -> None:
    if not section.is_active:
        raise NotFound(entity="Section", id=section.id)
