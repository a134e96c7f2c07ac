"""Drafts as a whole and the revisions that are made of them, in memory."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import datetime
from typing import Any

from lms_adapters.memory.store import Store
from lms_domain.courses.model import Course, Lesson, Section
from lms_domain.courses.outline import DraftOutline, DraftSection, Order, SectionOrder, arranged
from lms_domain.courses.revision import ContentId, LessonContent, RevisedLesson, Revision
from lms_domain.courses.views.authoring import DraftLessonLine, DraftSectionLine, DraftSections
from lms_domain.kernel import CourseId, LessonId, NotFound, RevisionId

LESSON_FIELDS = (
    "section_id", "position", "title", "kind", "required", "preview", "completion_rule", "duration_seconds", "metadata",
)  # fmt: skip


class MemoryDrafts:
    def __init__(self, store: Store) -> None:
        self._courses: dict[CourseId, Course] = store.setdefault(Course, {})
        self._sections: dict[Any, Section] = store.setdefault(Section, {})
        self._lessons: dict[LessonId, Lesson] = store.setdefault(Lesson, {})
        self._revisions = MemoryRevisions(store)

    async def of(self, course_id: CourseId, /) -> DraftOutline:
        sections = [s for s in self._sections.values() if s.course_id == course_id]
        lessons = [x for x in self._lessons.values() if x.course_id == course_id]
        return deepcopy(arranged(sections, lessons))

    async def order(self, course_id: CourseId, /) -> Order:
        draft = await self.of(course_id)
        sections = (SectionOrder(id=s.section.id, lessons=tuple(x.id for x in s.lessons)) for s in draft.sections)
        return Order(course_id=course_id, sections=tuple(sections))

    async def lines(self, course_id: CourseId, /) -> DraftSections:
        if course_id not in self._courses:
            raise NotFound(entity="Course", id=course_id)
        draft = await self.of(course_id)
        version = self._courses[course_id].version
        return DraftSections(course_id=course_id, version=version, sections=[_line(s) for s in draft.sections])

    async def arrange(self, order: Order, /) -> None:
        for n, section in enumerate(order.sections):
            self._sections[section.id].position = n
            for m, id in enumerate(section.lessons):
                self._lessons[id].section_id, self._lessons[id].position = section.id, m

    async def reset(self, revision: Revision, /, *, now: datetime) -> None:
        kept = {section.id: section for section in revision.sections}
        for section in (s for s in self._sections.values() if s.course_id == revision.course_id):
            was, section.is_active = section.is_active, section.id in kept
            section.version += was or section.is_active
            for name in ("title", "summary", "position") if section.is_active else ():
                setattr(section, name, getattr(kept[section.id], name))
        lessons = {lesson.lesson_id: lesson for lesson in await self._revisions.lessons(revision.id)}
        contents = await self._revisions.contents(revision.id)
        for lesson in (x for x in self._lessons.values() if x.course_id == revision.course_id):
            was, lesson.is_active = lesson.is_active, lesson.id in lessons
            if was or lesson.is_active:
                lesson.version, lesson.updated_at = lesson.version + 1, now
            if lesson.is_active:
                _take(lesson, lessons[lesson.id], contents)


def _take(lesson: Lesson, kept: RevisedLesson, contents: Mapping[ContentId, LessonContent]) -> None:
    for name in LESSON_FIELDS:
        setattr(lesson, name, deepcopy(getattr(kept, name)))
    lesson.content = deepcopy(contents[kept.content_id].content)


def _line(drafted: DraftSection) -> DraftSectionLine:
    section = drafted.section
    return DraftSectionLine(
        id=section.id,
        title=section.title,
        summary=section.summary,
        position=section.position,
        version=section.version,
        lessons=[
            DraftLessonLine(**{name: getattr(lesson, name) for name in DraftLessonLine.__dataclass_fields__})
            for lesson in drafted.lessons
        ],
    )


class MemoryRevisions:
    def __init__(self, store: Store) -> None:
        self._revisions: dict[RevisionId, Revision] = store.setdefault(Revision, {})
        self._lessons: dict[RevisionId, list[RevisedLesson]] = store.setdefault(RevisedLesson, {})
        self._contents: dict[ContentId, LessonContent] = store.setdefault(LessonContent, {})

    async def add(self, revision: Revision, lessons: Sequence[RevisedLesson], /) -> None:
        self._revisions[revision.id] = deepcopy(revision)
        self._lessons[revision.id] = deepcopy(sorted(lessons, key=lambda lesson: lesson.position))

    async def get(self, id: RevisionId, /) -> Revision:
        if id not in self._revisions:
            raise NotFound(entity="Revision", id=id)
        return deepcopy(self._revisions[id])

    async def numbered(self, course_id: CourseId, number: int, /) -> Revision:
        for revision in self._revisions.values():
            if (revision.course_id, revision.number) == (course_id, number):
                return deepcopy(revision)
        raise NotFound(entity="Revision", course_id=course_id, number=number)

    async def last(self, course_id: CourseId, /) -> Revision | None:
        found = [revision for revision in self._revisions.values() if revision.course_id == course_id]
        return deepcopy(max(found, key=lambda revision: revision.number, default=None))

    async def lessons(self, id: RevisionId, /) -> list[RevisedLesson]:
        return deepcopy(self._lessons.get(id, []))

    async def contents(self, id: RevisionId, /) -> dict[ContentId, LessonContent]:
        ids = [lesson.content_id for lesson in await self.lessons(id)]
        return {id: deepcopy(self._contents[id]) for id in ids}


class MemoryContents:
    def __init__(self, store: Store) -> None:
        self._contents: dict[ContentId, LessonContent] = store.setdefault(LessonContent, {})

    async def known(self, digests: Mapping[LessonId, bytes], /) -> dict[LessonId, ContentId]:
        return {
            content.lesson_id: content.id
            for content in self._contents.values()
            if digests.get(content.lesson_id) == content.digest
        }

    async def add_all(self, contents: Sequence[LessonContent], /) -> None:
        self._contents |= {content.id: deepcopy(content) for content in contents}
