"""What people ask about enrollments. Nothing here changes anything."""

from dataclasses import replace

from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.events import EnrollmentId
from lms_domain.enrollments.model import Status
from lms_domain.enrollments.ports import ROSTER_SORTS, EnrollmentReads, RosterFilter
from lms_domain.enrollments.views import EnrollmentView, LessonLine, RosterLine, TranscriptLine
from lms_domain.kernel import Actor, CourseId, NotFound, Page, PageRequest, Problem, refuse_if_any
from lms_domain.text import clean_text

LONGEST_SEARCH = 100


async def mine(
    reads: EnrollmentReads, actor: Actor, page: PageRequest, status: Status | None = None
) -> Page[EnrollmentView]:
    """The newest first; dropped ones only where they are asked for."""
    return await reads.enrollments.of_learner(actor.id, page, status=status)


async def transcript(reads: EnrollmentReads, actor: Actor, page: PageRequest) -> Page[TranscriptLine]:
    return await reads.enrollments.transcript(actor.id, page)


async def enrollment(reads: EnrollmentReads, actor: Actor, enrollment_id: EnrollmentId) -> EnrollmentView:
    view, sight = await reads.enrollments.seen(enrollment_id, actor.id)
    if view.learner_id != actor.id and not sight.is_taught_by(actor):
        raise NotFound(entity="Enrollment", id=enrollment_id)
    return view


async def lessons(reads: EnrollmentReads, actor: Actor, enrollment_id: EnrollmentId) -> list[LessonLine]:
    await enrollment(reads, actor, enrollment_id)
    return await reads.enrollments.lessons(enrollment_id)


async def roster(
    reads: EnrollmentReads, actor: Actor, course_id: CourseId, page: PageRequest, only: RosterFilter
) -> Page[RosterLine]:
    only = _checked(only)
    (await reads.sights.of(course_id, actor.id)).must_be_taught_by(actor)
    return await reads.rosters.of(course_id, page, only)


async def codes(reads: EnrollmentReads, actor: Actor, course_id: CourseId, page: PageRequest) -> Page[EnrollmentCode]:
    """Those that open the course: only for who runs it."""
    (await reads.sights.of(course_id, actor.id)).must_be_run_by(actor)
    return await reads.rosters.codes(course_id, page)


def _checked(only: RosterFilter) -> RosterFilter:
    problems: list[Problem] = []
    if only.sort.removeprefix("-") not in ROSTER_SORTS:
        rule = f"one of {', '.join(ROSTER_SORTS)}, with a minus in front to turn it round"
        problems.append(Problem("sort", rule))
    search = clean_text(only.search or "", "search", problems, longest=LONGEST_SEARCH)
    refuse_if_any(problems)
    return replace(only, search=search or None)
