"""What the catalog is told of a published course."""

from collections.abc import Iterable, Mapping
from typing import Any

from lms_domain.courses.content import readable
from lms_domain.courses.events import ListingOutdated
from lms_domain.courses.model import Course
from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.courses.rendering import Rendering
from lms_domain.courses.revision import ContentId, LessonText, RevisedLesson
from lms_domain.kernel import CourseId


async def show_again(ports: CoursePorts, course: Course) -> None:
    """A published course that was out of sight for a while."""
    if not course.is_listed or course.published_revision_id is None:
        return
    revision = await ports.revisions.get(course.published_revision_id)
    lessons = await ports.revisions.lessons(revision.id)
    kept = await ports.revisions.contents(revision.id)
    contents = {id: content.content for id, content in kept.items()}
    await ports.listings.show(course, revision, texts_of(lessons, contents, ports.rendering))


async def list_again(ports: CoursePorts, course_id: CourseId) -> None:
    """Write anew what the catalog keeps of the course."""
    await ports.turnstiles.lock(course_id)
    await show_again(ports, await ports.courses.get(course_id))


async def mend_listing(ports: CoursePorts, event: ListingOutdated) -> None:
    await list_again(ports, event.course_id)


def texts_of(
    lessons: Iterable[RevisedLesson], contents: Mapping[ContentId, Mapping[str, Any]], rendering: Rendering
) -> list[LessonText]:
    return [
        LessonText(
            lesson_id=lesson.lesson_id,
            position=lesson.position,
            title=lesson.title,
            body=readable(contents[lesson.content_id], rendering),
        )
        for lesson in lessons
    ]
