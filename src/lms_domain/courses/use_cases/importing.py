"""A course from an archive: one transaction, so that course and files are there, or nothing is."""

import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from lms_domain.courses import events, fields
from lms_domain.courses.assets import Asset, address_of, with_addresses
from lms_domain.courses.merging import Merge, Tally
from lms_domain.courses.model import Course, CoursePage, Price
from lms_domain.courses.package import STAYS_BEHIND, CoursePackage, Omission, OpenPackage
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.authoring import add
from lms_domain.courses.use_cases.guards import course_to_edit
from lms_domain.kernel import Actor, CourseId, Forbidden, OrganizationId, Problem, new_id, refuse_if_any
from lms_domain.standing import Place, may_edit, must_create


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
    lesson_kinds: dict[str, int]
    problems: int
    files: int
    omissions: list[Omission]
    notices: list[str]


async def import_course(
    ports: CoursePorts, actor: Actor, opened: OpenPackage, *, organization_id: OrganizationId | None = None
) -> ImportReport:
    """Into a new draft, or into the one that an earlier import of the same course made."""
    place = await ports.standings.in_organization(organization_id, actor.id)
    package = opened.package
    known = await ports.imports.course_of(place.organization_id, package.key)
    if known is None:
        must_create(actor, place)
        course = _new_course(ports, actor, place.organization_id, package.key)
    else:
        course = await _imported_before(ports, actor, known, place)
    addresses = await _keep_files(ports, place.organization_id, opened)
    _describe(ports, actor, course, package, addresses)
    if known is None:
        await add(ports, actor, course)
    tally = await _merge(ports, actor, course, package, addresses)
    return _report(course, package, tally, created=known is None)


async def _imported_before(ports: CoursePorts, actor: Actor, course_id: CourseId, place: Place) -> Course:
    """Whoever may not bring courses into the organization does not learn which ones are there."""
    if not may_edit(actor, await ports.standings.of(course_id, actor.id)):
        must_create(actor, place)
        raise Forbidden("Somebody else imported this course; only its instructors may import it again.")
    return await course_to_edit(ports, actor, course_id)


def _new_course(ports: CoursePorts, actor: Actor, organization_id: OrganizationId, key: str) -> Course:
    now = ports.clock.now()
    return Course(
        id=CourseId(new_id()),
        organization_id=organization_id,
        slug="",
        page=CoursePage(title=""),
        source_key=key,
        created_by=actor.id,
        created_at=now,
        updated_at=now,
    )


def _describe(
    ports: CoursePorts, actor: Actor, course: Course, package: CoursePackage, addresses: Mapping[str, str]
) -> None:
    problems: list[Problem] = []
    page = fields.page_fields(with_addresses(package.page, addresses), ports.rendering, problems)
    settings = fields.settings_fields(_typed(package.settings), problems, course)
    refuse_if_any(problems)
    ports.emit(*course.change(page=page, settings=settings, by=actor.id, now=ports.clock.now()))


def _typed(settings: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no prices and no times; slugs and ids of other courses mean nothing where the course arrives."""
    typed = {name: value for name, value in settings.items() if name not in STAYS_BEHIND}
    if typed.get("price"):
        typed["price"] = Price(**typed["price"])
    for name in ("enrollment_opens_at", "enrollment_closes_at"):
        if typed.get(name):
            typed[name] = datetime.fromisoformat(typed[name])
    return typed


async def _keep_files(ports: CoursePorts, organization_id: OrganizationId, opened: OpenPackage) -> dict[str, str]:
    """The address of each file by its name in the package. One file at a time is in memory."""
    files = {bytes.fromhex(file.sha256): file for file in opened.package.assets}
    known = await ports.assets.known(organization_id, files.keys())
    keys = {sha256: asset.key for sha256, asset in known.items()}
    new = []
    for sha256, file in files.items():
        if sha256 in known:
            continue
        await ports.assets.put_bytes(sha256, b"".join(opened.read(file)))
        keys[sha256] = secrets.token_hex(16)
        new.append(
            Asset(
                key=keys[sha256],
                organization_id=organization_id,
                sha256=sha256,
                name=file.name,
                media_type=file.media_type,
                size=file.size,
                created_at=ports.clock.now(),
            )
        )
    await ports.assets.add_all(new)
    return {file.name: address_of(keys[bytes.fromhex(file.sha256)], file.name) for file in opened.package.assets}


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
    kinds = Counter(lesson.kind for lesson in package.lessons)
    return ImportReport(
        course_id=course.id,
        slug=course.slug,
        title=course.page.title,
        format=package.format,
        created=created,
        sections=len(package.sections),
        lessons=tally,
        lesson_kinds=dict(sorted(kinds.items())),
        problems=sum(len(lesson.content.get("problems", ())) for lesson in package.lessons),
        files=len(package.assets),
        omissions=list(package.omissions),
        notices=list(package.notices),
    )
