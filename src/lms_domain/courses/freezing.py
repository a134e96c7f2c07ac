"""From draft to revision: is it ready, what will it hold, and is it anything new?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from lms_domain.courses.content import missing_in
from lms_domain.courses.model import CoursePage, Lesson
from lms_domain.courses.outline import DraftOutline
from lms_domain.courses.revision import (
    ContentId,
    LessonContent,
    RevisedLesson,
    RevisedSection,
    Revision,
    digest_of,
)
from lms_domain.courses.rules import must_be_measurable
from lms_domain.kernel import CourseId, LessonId, Problem, RevisionId, UserId, new_id


def unready(draft: DraftOutline) -> list[Problem]:
    """Everything that keeps the draft from being published, with its path."""
    problems: list[Problem] = []
    if not draft.sections:
        problems.append(Problem("sections", "at least one section with a lesson"))
    for n, section in enumerate(draft.sections):
        if not section.lessons:
            problems.append(Problem(f"sections[{n}].lessons", "at least one lesson"))
        for m, lesson in enumerate(section.lessons):
            problems += _unready_lesson(lesson, f"sections[{n}].lessons[{m}]")
    return problems


def _unready_lesson(lesson: Lesson, at: str) -> Iterator[Problem]:
    if missing := missing_in(lesson.kind, lesson.content):
        yield Problem(f"{at}.content", f"a {lesson.kind} lesson needs its {missing}")
    if lesson.required and lesson.kind.is_graded:
        yield Problem(f"{at}.required", f"nobody can complete a {lesson.kind} yet, so it cannot be required")
    rule: list[Problem] = []
    must_be_measurable(lesson.completion_rule, lesson.kind, lesson.duration_seconds, f"{at}.completion_rule", rule)
    yield from rule


def digests_of(draft: DraftOutline) -> dict[LessonId, bytes]:
    return {lesson.id: digest_of(lesson.content) for lesson in draft.lessons}


def new_contents(
    draft: DraftOutline, digests: Mapping[LessonId, bytes], known: Mapping[LessonId, ContentId]
) -> list[LessonContent]:
    return [
        LessonContent(id=ContentId(new_id()), lesson_id=lesson.id, digest=digests[lesson.id], content=lesson.content)
        for lesson in draft.lessons
        if lesson.id not in known
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    revision: Revision
    lessons: list[RevisedLesson]

    def says_the_same_as(self, revision: Revision, lessons: list[RevisedLesson]) -> bool:
        """But for number, note, time and author."""
        theirs = [replace(lesson, revision_id=self.revision.id) for lesson in lessons]
        return (
            self.revision.page == revision.page
            and self.revision.sections == revision.sections
            and self.lessons == theirs
        )


def freeze(
    draft: DraftOutline,
    page: CoursePage,
    contents: Mapping[LessonId, ContentId],
    *,
    course_id: CourseId,
    number: int,
    note: str = "",
    by: UserId | None,
    now: datetime,
) -> Frozen:
    id = RevisionId(new_id())
    lessons = [
        _frozen_lesson(lesson, id, position, contents[lesson.id]) for position, lesson in enumerate(draft.lessons)
    ]
    revision = Revision(
        id=id,
        course_id=course_id,
        number=number,
        page=page,
        sections=_frozen_sections(draft),
        lesson_count=len(lessons),
        required_count=sum(lesson.required for lesson in lessons),
        total_seconds=sum(lesson.duration_seconds or 0 for lesson in lessons),
        note=note,
        published_at=now,
        published_by=by,
    )
    return Frozen(revision=revision, lessons=lessons)


def _frozen_sections(draft: DraftOutline) -> tuple[RevisedSection, ...]:
    return tuple(
        RevisedSection(id=s.section.id, title=s.section.title, summary=s.section.summary, position=position)
        for position, s in enumerate(draft.sections)
    )


def _frozen_lesson(lesson: Lesson, revision_id: RevisionId, position: int, content_id: ContentId) -> RevisedLesson:
    return RevisedLesson(
        revision_id=revision_id,
        lesson_id=lesson.id,
        section_id=lesson.section_id,
        position=position,
        title=lesson.title,
        kind=lesson.kind,
        required=lesson.required,
        preview=lesson.preview,
        completion_rule=lesson.completion_rule,
        duration_seconds=lesson.duration_seconds,
        metadata=lesson.metadata,
        content_id=content_id,
    )
