"""A published course in memory."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.courses.model import Course, CoursePage, LessonKind, StaffMember
from lms_domain.courses.revision import ContentId, RevisedLesson, Revision
from lms_domain.kernel import Actor, CourseId, LessonId, OrganizationId, RevisionId, SectionId, UserId, new_id
from lms_domain.standing import CourseRole, CourseStatus

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def a_course(ports: MemoryPorts, teacher: Actor, lessons: list[RevisedLesson], **settings: Any) -> Course:
    """Published with these lessons, and owned by the teacher."""
    course = Course(
        id=CourseId(new_id()),
        organization_id=OrganizationId(new_id()),
        slug=new_id().hex,
        page=CoursePage(title="Bees"),
        status=CourseStatus.PUBLISHED,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
        **settings,
    )
    await ports.courses.add(course)
    await ports.turnstiles.open(course.id)
    owner = StaffMember(
        course_id=course.id, user_id=teacher.id, role=CourseRole.OWNER, added_by=teacher.id, added_at=LONG_AGO
    )
    await ports.course_staff.put(owner)
    await publish(ports, course.id, lessons)
    return course


async def publish(ports: MemoryPorts, course_id: CourseId, lessons: list[RevisedLesson]) -> None:
    """The next revision, and everybody measured against it, as the courses context does it."""
    course, last = await ports.courses.get(course_id), await ports.revisions.last(course_id)
    revision = Revision(
        id=RevisionId(new_id()),
        course_id=course_id,
        number=last.number + 1 if last else 1,
        page=course.page,
        sections=(),
        lesson_count=len(lessons),
        required_count=sum(lesson.required for lesson in lessons),
        total_seconds=0,
        published_at=LONG_AGO,
        published_by=None,
    )
    frozen = [replace(lesson, revision_id=revision.id, position=n) for n, lesson in enumerate(lessons)]
    await ports.revisions.add(revision, frozen)
    course.published_revision_id = revision.id
    await ports.courses.save(course)
    ports.emit(*await ports.classes.rebase(revision, frozen, now=ports.clock.now()))


def a_lesson(**given: Any) -> RevisedLesson:
    lesson = RevisedLesson(
        revision_id=RevisionId(new_id()),
        lesson_id=LessonId(new_id()),
        section_id=SectionId(new_id()),
        position=0,
        title="Lesson",
        kind=LessonKind.TEXT,
        required=True,
        preview=False,
        completion_rule={"kind": "viewed"},
        duration_seconds=None,
        metadata={},
        content_id=ContentId(new_id()),
    )
    return replace(lesson, **given)


def somebody() -> Actor:
    return Actor(id=UserId(new_id()))
