"""From a package to a draft: what both have is updated, what is new is added, what has gone is deleted softly."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

from lms_domain.courses import fields
from lms_domain.courses.assets import with_addresses
from lms_domain.courses.lesson_links import with_lesson_addresses
from lms_domain.courses.model import Lesson, LessonKind, Section
from lms_domain.courses.package import PackedLesson, PackedSection
from lms_domain.courses.rendering import Rendering
from lms_domain.kernel import CourseId, LessonId, Problem, SectionId, new_id

Part = TypeVar("Part", Section, Lesson)


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of the lessons of a draft."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0


@dataclass(slots=True, kw_only=True)
class Merge:
    """`sections` and `lessons`: the draft before, deleted parts too. `changed_...`: what is to be written."""

    course_id: CourseId
    sections: list[Section]
    lessons: list[Lesson]
    addresses: Mapping[str, str]  # of the package's files, by their names
    rendering: Rendering
    now: datetime
    tally: Tally = field(default_factory=Tally)
    problems: list[Problem] = field(default_factory=list)
    changed_sections: list[Section] = field(default_factory=list)
    changed_lessons: list[Lesson] = field(default_factory=list)
    _placed: Counter[SectionId] = field(default_factory=Counter)  # how many lessons a section has so far
    _seen: set[SectionId | LessonId] = field(default_factory=set)
    _ids: dict[str, LessonId] = field(default_factory=dict)  # of the package's lessons, by their keys

    def take(self, packed: tuple[PackedSection, ...]) -> None:
        # Known before any lesson is read, since lessons link to each other.
        known = {lesson.source_key or str(lesson.id): lesson.id for lesson in self.lessons}
        keys = (lesson.key for section in packed for lesson in section.lessons)
        self._ids = {key: known.get(key) or LessonId(new_id()) for key in keys}
        for n, section in enumerate(packed):
            section_id = self._take_section(section, n)
            for m, lesson in enumerate(section.lessons):
                self._take_lesson(lesson, section_id, f"sections[{n}].lessons[{m}]")
        self._go_on_with_lessons()
        self._go_on_with_sections(len(packed))

    def _take_section(self, packed: PackedSection, n: int) -> SectionId:
        problems: list[Problem] = []
        values = fields.section_fields({"title": packed.title, "summary": packed.summary}, problems)
        self._note(problems, f"sections[{n}]")
        known = found(self.sections, packed.key)
        before = known or Section(
            id=SectionId(new_id()),
            course_id=self.course_id,
            title="",
            position=n,
            source_key=packed.key,
        )
        after = replace(before, **values, position=n, is_active=True)
        self._seen.add(after.id)
        write_if_changed(known, after, self.changed_sections)
        return after.id

    def _take_lesson(self, packed: PackedLesson, section_id: SectionId, at: str) -> None:
        values = self._values(packed, at) | {"section_id": section_id, "position": self._placed[section_id]}
        self._placed[section_id] += 1
        known = found(self.lessons, packed.key)
        before = known or Lesson(
            id=self._ids[packed.key],
            course_id=self.course_id,
            source_key=packed.key,
            created_at=self.now,
            updated_at=self.now,
            **values,
        )
        after = replace(before, **values, is_active=True)
        self._seen.add(after.id)
        changed = write_if_changed(known, after, self.changed_lessons)
        self.tally.added += known is None
        self.tally.updated += changed and known is not None
        self.tally.unchanged += not changed

    def _values(self, packed: PackedLesson, at: str) -> dict[str, Any]:
        problems: list[Problem] = []
        if packed.kind not in list(LessonKind):
            problems.append(Problem("kind", "one of " + ", ".join(LessonKind)))
        values = {
            "title": packed.title,
            "kind": packed.kind if not problems else LessonKind.TEXT,
            "content": with_lesson_addresses(with_addresses(packed.content, self.addresses), self._ids),
            "required": packed.required,
            "preview": packed.preview,
            "completion_rule": packed.completion_rule,
            "duration_seconds": packed.duration_seconds,
            "metadata": packed.metadata,
        }
        cleaned = fields.lesson_fields(values, self.rendering, problems)
        self._note(problems, at)
        return cleaned

    def _note(self, problems: list[Problem], at: str) -> None:
        self.problems += [Problem(f"{at}.{problem.field}", problem.rule) for problem in problems]

    def _go_on_with_lessons(self) -> None:
        """What authors made by hand stays, behind what was imported; the rest was imported once and has gone."""
        others = [lesson for lesson in self.lessons if lesson.is_active and lesson.id not in self._seen]
        for lesson in sorted(others, key=lambda lesson: lesson.position):
            if lesson.source_key is None:
                after = replace(lesson, position=self._placed[lesson.section_id])
                self._placed[lesson.section_id] += 1
            else:
                after = replace(lesson, is_active=False)
                self.tally.removed += 1
            write_if_changed(lesson, after, self.changed_lessons)

    def _go_on_with_sections(self, position: int) -> None:
        others = [section for section in self.sections if section.is_active and section.id not in self._seen]
        for section in sorted(others, key=lambda section: section.position):
            if section.source_key is None or self._placed[section.id]:
                after = replace(section, position=position)
                position += 1
            else:
                after = replace(section, is_active=False)
            write_if_changed(section, after, self.changed_sections)


def found(known: list[Part], key: str) -> Part | None:
    """By the key of its source or, where the archive was made of this very course, by its id."""
    for one in known:
        if one.source_key == key or (one.source_key is None and str(one.id) == key):
            return one
    return None


def write_if_changed(before: Part | None, after: Part, changed: list[Part]) -> bool:
    if before == after:
        return False
    after.version += before is not None
    changed.append(after)
    return True
