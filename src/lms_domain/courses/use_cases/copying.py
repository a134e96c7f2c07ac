"""A new course made of another one."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from lms_domain.courses import fields
from lms_domain.courses.lesson_links import with_lesson_ids
from lms_domain.courses.model import Course, Lesson, Section
from lms_domain.courses.outline import DraftOutline
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.authoring import add, as_drafted
from lms_domain.courses.use_cases.guards import course_to_edit
from lms_domain.courses.views.course import CourseView
from lms_domain.kernel import Actor, CourseId, LessonId, Problem, SectionId, new_id, refuse_if_any
from lms_domain.standing import CourseStatus, must_create


async def duplicate(
    ports: CoursePorts, actor: Actor, course_id: CourseId, values: Mapping[str, Any] | None = None
) -> CourseView:
    """A draft of its own: page, settings, sections and lessons; nobody's enrollment, review or staff."""
    original = await course_to_edit(ports, actor, course_id)
    must_create(actor, await ports.standings.in_organization(original.organization_id, actor.id))
    problems: list[Problem] = []
    page = fields.page_fields(values or {}, ports.rendering, problems)
    refuse_if_any(problems)
    draft = await ports.drafts.of(course_id)
    copy = _copy_of(original, page, actor, ports)
    await add(ports, actor, copy, copy_of=course_id)
    sections, lessons = _copied(draft, copy)
    await ports.sections.add_all(sections)
    await ports.lessons.add_all(lessons)
    return await as_drafted(ports, actor, copy.id)


def _copy_of(original: Course, page: dict[str, Any], actor: Actor, ports: CoursePorts) -> Course:
    now = ports.clock.now()
    return replace(
        deepcopy(original),
        id=CourseId(new_id()),
        slug="",
        page=replace(deepcopy(original.page), **page),
        status=CourseStatus.DRAFT,
        published_revision_id=None,
        source_key=None,
        created_by=actor.id,
        created_at=now,
        updated_at=now,
        version=1,
    )


def _copied(draft: DraftOutline, copy: Course) -> tuple[list[Section], list[Lesson]]:
    sections: list[Section] = []
    lessons: list[Lesson] = []
    for position, each in enumerate(draft.sections):
        section = replace(
            each.section, id=SectionId(new_id()), course_id=copy.id, position=position, source_key=None, version=1
        )
        sections.append(section)
        lessons += [_copied_lesson(lesson, section, copy, n) for n, lesson in enumerate(each.lessons)]
    return sections, _linked_among_themselves(draft, lessons)


def _linked_among_themselves(draft: DraftOutline, copies: list[Lesson]) -> list[Lesson]:
    ids = {original.id: copy.id for original, copy in zip(draft.lessons, copies, strict=True)}
    return [replace(copy, content=with_lesson_ids(copy.content, ids)) for copy in copies]


def _copied_lesson(lesson: Lesson, section: Section, copy: Course, position: int) -> Lesson:
    return replace(
        lesson,
        id=LessonId(new_id()),
        course_id=copy.id,
        section_id=section.id,
        position=position,
        source_key=None,
        created_at=copy.created_at,
        updated_at=copy.created_at,
        version=1,
    )
