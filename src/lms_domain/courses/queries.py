"""What people ask about courses, their lessons and their revisions. Nothing here changes anything."""

from lms_domain.courses.content import for_learners
from lms_domain.courses.diff import RevisionDiff, difference
from lms_domain.courses.errors import AccessEnded, EnrollFirst
from lms_domain.courses.ports.reading import CourseReads
from lms_domain.courses.views.authoring import DraftSections, StaffLine
from lms_domain.courses.views.course import CourseSight, CourseView
from lms_domain.courses.views.lesson import LessonSight, LessonView
from lms_domain.courses.views.outline import OutlineView
from lms_domain.courses.views.revisions import RevisionLine, RevisionView
from lms_domain.kernel import Actor, CourseId, LessonId, NotFound, Page, PageRequest, UserId
from lms_domain.standing import may_see, may_teach, must_see, must_teach
from lms_domain.text import SLUG


async def course(reads: CourseReads, viewer: Actor | None, course_id: CourseId) -> CourseView:
    return _seen(viewer, await reads.course_pages.of(course_id, _id(viewer)))


async def course_by_slug(reads: CourseReads, viewer: Actor | None, slug: str) -> CourseView:
    if not SLUG.fullmatch(slug):
        raise NotFound(entity="Course", slug=slug)
    sight = await reads.course_pages.by_slug(slug, _id(viewer))
    try:
        return _seen(viewer, sight)
    except NotFound:  # whose details would say that the slug is taken
        raise NotFound(entity="Course", slug=slug) from None


def _seen(viewer: Actor | None, sight: CourseSight) -> CourseView:
    must_see(viewer, sight.course, sight.standing)
    return sight.view(draft=may_teach(viewer, sight.standing))


async def outline(reads: CourseReads, viewer: Actor | None, course_id: CourseId) -> OutlineView:
    sight = await reads.outlines.of(course_id, _id(viewer))
    must_see(viewer, sight.course, sight.standing)
    return sight.view(everything=sight.standing.access or may_teach(viewer, sight.standing))


async def lesson(reads: CourseReads, viewer: Actor | None, lesson_id: LessonId) -> LessonView:
    """The staff's draft, or what is published for everybody else who may read it."""
    sight = await reads.lesson_pages.of(lesson_id, _id(viewer))
    if may_teach(viewer, sight.standing) and sight.course.is_active:
        if sight.draft is None:
            raise NotFound(entity="Lesson", id=lesson_id)
        return LessonView.drafted(sight.draft)
    return _published(viewer, lesson_id, sight)


def _published(viewer: Actor | None, lesson_id: LessonId, sight: LessonSight) -> LessonView:
    course, standing, published = sight.course, sight.standing, sight.published
    visible = may_see(viewer, standing, status=course.status, visibility=course.visibility, is_active=course.is_active)
    if published is None or not visible:
        raise NotFound(entity="Lesson", id=lesson_id)
    if not (published.lesson.preview or standing.access):
        raise AccessEnded if standing.enrolled else EnrollFirst(course_id=course.id)
    return published.view(course.id, for_learners(published.lesson.kind, published.content))


async def draft_sections(reads: CourseReads, actor: Actor, course_id: CourseId) -> DraftSections:
    await _must_teach(reads, actor, course_id)
    return await reads.drafts.lines(course_id)


async def revisions(reads: CourseReads, actor: Actor, course_id: CourseId, paging: PageRequest) -> Page[RevisionLine]:
    await _must_teach(reads, actor, course_id)
    return await reads.course_revisions.page(course_id, paging)


async def revision(reads: CourseReads, actor: Actor, course_id: CourseId, number: int) -> RevisionView:
    await _must_teach(reads, actor, course_id)
    return RevisionView.of(*await reads.course_revisions.with_lessons(course_id, number))


async def revision_diff(reads: CourseReads, actor: Actor, course_id: CourseId, before: int, after: int) -> RevisionDiff:
    await _must_teach(reads, actor, course_id)
    old = await reads.course_revisions.with_lessons(course_id, before)
    new = await reads.course_revisions.with_lessons(course_id, after)
    return difference(old, new)


async def staff(reads: CourseReads, actor: Actor, course_id: CourseId) -> list[StaffLine]:
    await _must_teach(reads, actor, course_id)
    return await reads.staff_lists.of(course_id)


async def staff_member(reads: CourseReads, actor: Actor, course_id: CourseId, user_id: UserId) -> StaffLine:
    for line in await staff(reads, actor, course_id):
        if line.user_id == user_id:
            return line
    raise NotFound(entity="StaffMember", id=user_id)


def _id(viewer: Actor | None) -> UserId | None:
    return None if viewer is None else viewer.id


async def _must_teach(reads: CourseReads, actor: Actor, course_id: CourseId) -> None:
    """One statement; reading the draft or its history is the staff's."""
    sight = await reads.course_pages.of(course_id, actor.id)
    must_teach(actor, sight.course, sight.standing)
