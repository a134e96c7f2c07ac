"""Making, describing and deleting courses. Each call is one transaction."""

from collections.abc import Collection, Mapping
from typing import Any

from lms_domain.courses import fields
from lms_domain.courses.events import CourseCreated
from lms_domain.courses.model import Course, CoursePage, StaffMember
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.guards import course_to_edit, must_be_editor
from lms_domain.courses.use_cases.showing import show_again
from lms_domain.courses.views.course import CourseView
from lms_domain.kernel import (
    Actor,
    Again,
    CourseId,
    OrganizationId,
    Problem,
    must_be_current,
    new_id,
    refuse_if_any,
)
from lms_domain.slugs import slugs_for
from lms_domain.standing import NOBODY, CourseRole, may_see, must_create


async def create(
    ports: CoursePorts, actor: Actor, values: Mapping[str, Any], *, organization_id: OrganizationId | None = None
) -> CourseView:
    """A draft, whose owner is the actor. `values` by the names of the fields; only `title` must be there."""
    place = await ports.standings.in_organization(organization_id, actor.id)
    must_create(actor, place)
    problems: list[Problem] = []
    page = fields.page_fields(values, ports.rendering, problems)
    settings = fields.settings_fields(values, problems)
    problems += await _strangers(ports, actor, place.organization_id, settings.get("prerequisite_ids", []))
    refuse_if_any(problems)
    now = ports.clock.now()
    course = Course(
        id=CourseId(new_id()),
        organization_id=place.organization_id,
        page=CoursePage(**page),
        created_by=actor.id,
        created_at=now,
        updated_at=now,
        **({"slug": ""} | settings),
    )
    await add(ports, actor, course)
    return await as_drafted(ports, actor, course.id)


async def add(ports: CoursePorts, actor: Actor, course: Course, *, copy_of: CourseId | None = None) -> None:
    """A new course with all that belongs to it. Without a slug it gets one that is made of its title."""
    slugs = [course.slug] if course.slug else slugs_for(course.page.title, course.id, otherwise="course")
    await ports.courses.add_as_first_free(course, slugs)
    await ports.turnstiles.open(course.id)
    owner = StaffMember(
        course_id=course.id,
        user_id=actor.id,
        role=CourseRole.OWNER,
        added_by=actor.id,
        added_at=course.created_at,
    )
    await ports.course_staff.put(owner)
    ports.emit(
        CourseCreated(
            at=course.created_at,
            course_id=course.id,
            by=actor.id,
            organization_id=course.organization_id,
            slug=course.slug,
            title=course.page.title,
            copy_of=copy_of,
        )
    )


async def change(
    ports: CoursePorts, actor: Actor, course_id: CourseId, values: Mapping[str, Any], *, expected: int | None = None
) -> CourseView:
    """The description waits for the next publish; the settings are in effect at once."""
    course = await course_to_edit(ports, actor, course_id, expected)
    problems: list[Problem] = []
    page = fields.page_fields(values, ports.rendering, problems)
    settings = fields.settings_fields(values, problems, course)
    if "prerequisite_ids" in settings:
        problems += await _prerequisite_problems(ports, actor, course, settings["prerequisite_ids"])
    refuse_if_any(problems)
    happened = list(course.change(page=page, settings=settings, by=actor.id, now=ports.clock.now()))
    if happened:
        await ports.courses.save(course)
        await ports.listings.change(course)
    ports.emit(*happened)
    return await as_drafted(ports, actor, course_id)


async def delete(ports: CoursePorts, actor: Actor, course_id: CourseId, *, expected: int | None = None) -> None:
    """Softly: `restore` brings everything back."""
    course = await course_to_edit(ports, actor, course_id, expected)
    ports.emit(*course.delete(by=actor.id, now=ports.clock.now()))
    await ports.courses.save(course)
    await ports.listings.hide(course_id)


async def restore(
    ports: CoursePorts, actor: Actor, course_id: CourseId, *, expected: int | None = None
) -> CourseView | Again[CourseView]:
    await must_be_editor(ports, actor, course_id)
    course = await ports.courses.locked(course_id)
    must_be_current(course.version, expected)
    happened = list(course.restore(by=actor.id, now=ports.clock.now()))
    if not happened:
        return Again(await as_drafted(ports, actor, course_id))
    await ports.courses.save(course)
    await show_again(ports, course)
    ports.emit(*happened)
    return await as_drafted(ports, actor, course_id)


async def as_drafted(ports: CoursePorts, actor: Actor, course_id: CourseId) -> CourseView:
    return (await ports.course_pages.of(course_id, actor.id)).view(draft=True)


async def _strangers(
    ports: CoursePorts,
    actor: Actor,
    organization_id: OrganizationId,
    ids: list[CourseId],
    had: Collection[CourseId] = (),
) -> list[Problem]:
    """Courses that are not there, or not for the actor. What the course `had` may stay, whatever became of it."""
    new = [id for id in ids if id not in had]
    if not new:
        return []
    standings = await ports.standings.of_each(new, actor.id)
    seen = {
        course.id
        for course in await ports.courses.within(organization_id, new)
        if may_see(actor, standings.get(course.id, NOBODY), status=course.status, visibility=course.visibility)
    }
    return [
        Problem(f"prerequisite_ids[{n}]", "no such course in this organization")
        for n, id in enumerate(ids)
        if id not in seen and id not in had
    ]


async def _prerequisite_problems(
    ports: CoursePorts, actor: Actor, course: Course, ids: list[CourseId]
) -> list[Problem]:
    problems = await _strangers(ports, actor, course.organization_id, ids, course.prerequisite_ids)
    if ids and not problems and course.id in await ports.courses.foundations(ids):
        problems.append(Problem("prerequisite_ids", "courses that do not build on this one"))
    return problems
