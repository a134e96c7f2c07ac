"""A course from an archive: one transaction, so that course and files are there, or nothing is."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lms_domain.courses import events, fields
from lms_domain.courses.assets import REFERENCE, Asset, rewrite
from lms_domain.courses.merging import Merge, Tally
from lms_domain.courses.model import Course, CoursePage
from lms_domain.courses.package import CoursePackage, Omission, OpenPackage
from lms_domain.courses.ports import CoursePorts
from lms_domain.courses.use_cases.authoring import add
from lms_domain.courses.use_cases.guards import course_to_edit
from lms_domain.kernel import Actor, CourseId, OrganizationId, Problem, new_id, refuse_if_any
from lms_domain.standing import must_create


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What was taken, and item by item what was left out and why."""

    course_id: CourseId
    slug: str
    title: str
    format: str
    created: bool
    sections: int
    lessons: Tally
    files: int
    omissions: list[Omission]


async def import_course(
    ports: CoursePorts, actor: Actor, opened: OpenPackage, *, organization_id: OrganizationId | None = None
) -> ImportReport:
    """Into a new draft, or into the one that an earlier import of the same course made."""
    place = await ports.standings.in_organization(organization_id, actor.id)
    package = opened.package
    known = await ports.imports.course_of(place.organization_id, package.key)
    if known is None:
        must_create(actor, place)
    addresses = await _keep_files(ports, place.organization_id, opened)
    page = rewrite(package.page, REFERENCE, addresses)
    if known is None:
        course = await _new_course(ports, actor, place.organization_id, package.key, page)
    else:
        course = await _changed_course(ports, actor, known, page)
    tally = await _merge(ports, actor, course, package, addresses)
    return _report(course, package, tally, created=known is None)


async def _new_course(
    ports: CoursePorts, actor: Actor, organization_id: OrganizationId, key: str, page: Mapping[str, Any]
) -> Course:
    now = ports.clock.now()
    course = Course(
        id=CourseId(new_id()),
        organization_id=organization_id,
        slug="",
        page=CoursePage(**_page(ports, page)),
        source_key=key,
        created_by=actor.id,
        created_at=now,
        updated_at=now,
    )
    await add(ports, actor, course)
    return course


async def _changed_course(ports: CoursePorts, actor: Actor, course_id: CourseId, page: Mapping[str, Any]) -> Course:
    course = await course_to_edit(ports, actor, course_id)
    ports.emit(*course.change(page=_page(ports, page), settings={}, by=actor.id, now=ports.clock.now()))
    return course


def _page(ports: CoursePorts, given: Mapping[str, Any]) -> dict[str, Any]:
    problems: list[Problem] = []
    page = fields.page_fields(given, ports.rendering, problems)
    refuse_if_any(problems)
    return page


async def _keep_files(
    ports: CoursePorts, organization_id: OrganizationId, opened: OpenPackage
) -> dict[str, str]:
    """The address of each file by its name in the package. One file at a time is in memory."""
    files = {bytes.fromhex(file.sha256): file for file in opened.package.assets}
    known = await ports.assets.known(organization_id, files.keys())
    new = []
    for sha256 in files.keys() - known.keys():
        file = files[sha256]
        await ports.assets.put_bytes(sha256, b"".join(opened.read(file)))
        asset = Asset(
            key=secrets.token_hex(16),
            organization_id=organization_id,
            sha256=sha256,
            name=file.name.rpartition("/")[2],
            media_type=file.media_type,
            created_at=ports.clock.now(),
        )
        new.append(asset)
    await ports.assets.add_all(new)
    by_digest = {asset.sha256: asset for asset in [*known.values(), *new]}
    return {file.name: by_digest[bytes.fromhex(file.sha256)].address for file in opened.package.assets}


async def _merge(
    ports: CoursePorts, actor: Actor, course: Course, package: CoursePackage, addresses: Mapping[str, str]
) -> Tally:
    sections, lessons = await ports.imports.draft(course.id)
    now = ports.clock.now()
    merge = Merge(
        course_id=course.id,
        sections=sections,
        lessons=lessons,
        addresses=addresses,
        rendering=ports.rendering,
        now=now,
    )
    merge.take(package.sections)
    refuse_if_any(merge.problems)
    for lesson in merge.changed_lessons:
        lesson.updated_at = now
    await ports.imports.write(merge.changed_sections, merge.changed_lessons)
    course.updated_at = now
    await ports.courses.save(course)
    ports.emit(
        events.CourseImported(
            at=now, course_id=course.id, by=actor.id, format=package.format, lessons=asdict(merge.tally)
        )
    )
    return merge.tally


def _report(course: Course, package: CoursePackage, tally: Tally, *, created: bool) -> ImportReport:
    return ImportReport(
        course_id=course.id,
        slug=course.slug,
        title=course.page.title,
        format=package.format,
        created=created,
        sections=len(package.sections),
        lessons=tally,
        files=len(package.assets),
        omissions=list(package.omissions),
    )
