"""From the draft to what learners read, and back."""

from dataclasses import asdict

from lms_domain.courses.errors import NotPublishable
from lms_domain.courses.events import DraftReset
from lms_domain.courses.freezing import Frozen, digests_of, freeze, new_contents, unready
from lms_domain.courses.model import Course
from lms_domain.courses.outline import DraftOutline
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.use_cases.authoring import as_drafted
from lms_domain.courses.use_cases.guards import course_to_edit, locked_course, must_be_editor
from lms_domain.courses.use_cases.showing import show_again
from lms_domain.courses.views.course import CourseView
from lms_domain.courses.views.revisions import RevisionLine
from lms_domain.kernel import Actor, Again, CourseId, refuse_if_any
from lms_domain.text import clean_text


async def publish(
    ports: CoursePorts, actor: Actor, course_id: CourseId, *, note: str = "", expected: int | None = None
) -> RevisionLine | Again[RevisionLine]:
    """Freeze the draft as the next revision. A draft that says nothing new makes none: the last one is shown again."""
    await must_be_editor(ports, actor, course_id)
    await ports.turnstiles.lock(course_id)
    course = await locked_course(ports, course_id, expected)
    draft = await ports.drafts.of(course_id)
    problems = unready(draft)
    note = clean_text(note, "note", problems, longest=2000, multiline=True)
    refuse_if_any(problems, NotPublishable)
    last = await ports.revisions.last(course_id)
    frozen = await _frozen(ports, actor, course, draft, number=last.number + 1 if last else 1, note=note)
    if last and frozen.says_the_same_as(last, lessons := await ports.revisions.lessons(last.id)):
        if course.published_revision_id != last.id or not course.is_listed:
            await _make_current(ports, actor, course, Frozen(revision=last, lessons=lessons))
        return Again(RevisionLine.of(last, is_current=True))
    await ports.revisions.add(frozen.revision, frozen.lessons)
    await _make_current(ports, actor, course, frozen)
    return RevisionLine.of(frozen.revision, is_current=True)


async def _frozen(
    ports: CoursePorts, actor: Actor, course: Course, draft: DraftOutline, *, number: int, note: str
) -> Frozen:
    """Contents that were frozen before are found again by their digests."""
    digests = digests_of(draft)
    known = await ports.contents.known(digests)
    new = new_contents(draft, digests, known)
    await ports.contents.add_all(new)
    return freeze(
        draft,
        course.page,
        known | {content.lesson_id: content.id for content in new},
        course_id=course.id,
        number=number,
        note=note,
        by=actor.id,
        now=ports.clock.now(),
    )


async def _make_current(ports: CoursePorts, actor: Actor, course: Course, frozen: Frozen) -> None:
    now, revision = ports.clock.now(), frozen.revision
    happened = course.publish(revision.id, revision.number, by=actor.id, now=now)
    ports.emit(*happened)
    await ports.courses.save(course)
    ports.emit(*await ports.classes.rebase(revision, frozen.lessons, now=now))
    await show_again(ports, course)


async def unpublish(
    ports: CoursePorts, actor: Actor, course_id: CourseId, *, expected: int | None = None
) -> CourseView | Again[CourseView]:
    """Nobody but the staff sees it until it is published again; nobody loses progress."""
    course = await course_to_edit(ports, actor, course_id, expected)
    happened = list(course.unpublish(by=actor.id, now=ports.clock.now()))
    if not happened:
        return Again(await as_drafted(ports, actor, course_id))
    await ports.courses.save(course)
    await ports.listings.hide(course_id)
    ports.emit(*happened)
    return await as_drafted(ports, actor, course_id)


async def archive(
    ports: CoursePorts, actor: Actor, course_id: CourseId, *, expected: int | None = None
) -> CourseView | Again[CourseView]:
    """Out of the catalog and closed to newcomers; who is enrolled goes on reading."""
    course = await course_to_edit(ports, actor, course_id, expected)
    happened = list(course.archive(by=actor.id, now=ports.clock.now()))
    if not happened:
        return Again(await as_drafted(ports, actor, course_id))
    await ports.courses.save(course)
    await ports.listings.hide(course_id)
    ports.emit(*happened)
    return await as_drafted(ports, actor, course_id)


async def restore_revision(
    ports: CoursePorts, actor: Actor, course_id: CourseId, number: int, *, expected: int | None = None
) -> CourseView:
    """Make the draft what this revision was. Learners notice nothing before the next publish."""
    course = await course_to_edit(ports, actor, course_id, expected)
    revision = await ports.revisions.numbered(course_id, number)
    now = ports.clock.now()
    await ports.drafts.reset(revision, now=now)
    ports.emit(*course.change(page=asdict(revision.page), settings={}, by=actor.id, now=now))
    course.updated_at = now
    await ports.courses.save(course)
    ports.emit(DraftReset(at=now, course_id=course_id, by=actor.id, number=number))
    return await as_drafted(ports, actor, course_id)
