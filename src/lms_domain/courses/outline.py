"""The order of a course: its sections, and in each the lessons."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from lms_domain.courses.model import Lesson, Section
from lms_domain.kernel import CourseId, LessonId, Problem, SectionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionOrder:
    id: SectionId
    lessons: tuple[LessonId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The whole order in ids."""

    course_id: CourseId
    sections: tuple[SectionOrder, ...]

    def problems_against(self, actual: "Order") -> list[Problem]:
        """Every active section and lesson must be named exactly once."""
        named_sections = [(f"sections[{n}].id", section.id) for n, section in enumerate(self.sections)]
        named_lessons = [
            (f"sections[{n}].lessons[{m}]", id)
            for n, section in enumerate(self.sections)
            for m, id in enumerate(section.lessons)
        ]
        return [
            *_misnamed("section", named_sections, [section.id for section in actual.sections]),
            *_misnamed("lesson", named_lessons, [id for section in actual.sections for id in section.lessons]),
        ]


def _misnamed(what: str, named: Sequence[tuple[str, UUID]], actual: Iterable[UUID]) -> Iterator[Problem]:
    known = set(actual)
    times = Counter(id for _, id in named)
    for path, id in named:
        if id not in known:
            yield Problem(path, f"no active {what} of this course: {id}")
        elif times[id] > 1:
            yield Problem(path, f"named {times[id]} times: {id}")
    for id in sorted(known - times.keys()):
        yield Problem("sections", f"the {what} {id} is missing")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSection:
    section: Section
    lessons: tuple[Lesson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOutline:
    """Active sections and lessons as they are drafted, in their order."""

    sections: tuple[DraftSection, ...]

    @property
    def lessons(self) -> Iterator[Lesson]:
        return (lesson for section in self.sections for lesson in section.lessons)


def arranged(sections: Iterable[Section], lessons: Iterable[Lesson]) -> DraftOutline:
    """Put active sections and lessons in order; the lessons of a deleted section are out of sight with it."""
    by_section: dict[SectionId, list[Lesson]] = {}
    for lesson in sorted(lessons, key=lambda each: (each.position, each.id)):
        if lesson.is_active:
            by_section.setdefault(lesson.section_id, []).append(lesson)
    ordered = sorted((each for each in sections if each.is_active), key=lambda each: (each.position, each.id))
    return DraftOutline(
        sections=tuple(DraftSection(section=each, lessons=tuple(by_section.get(each.id, ()))) for each in ordered)
    )
