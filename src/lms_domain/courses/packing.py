"""From a draft to a package: the other way of `merging.py`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from lms_domain.courses.assets import ADDRESS, Asset, rewrite
from lms_domain.courses.fields import SETTINGS
from lms_domain.courses.lesson_links import with_lesson_references
from lms_domain.courses.model import Course, Lesson
from lms_domain.courses.outline import DraftOutline, DraftSection
from lms_domain.courses.package import STAYS_BEHIND, CoursePackage, PackedAsset, PackedLesson, PackedSection


@dataclass(frozen=True, slots=True)
class Packing:
    """`assets`: the files that the draft shows, by their keys."""

    course: Course
    draft: DraftOutline
    assets: Mapping[str, Asset]
    names: dict[str, str] = field(default_factory=dict)  # of the files in the package, by their keys
    keys: dict[str, str] = field(default_factory=dict)  # of the lessons in the package, by their ids

    def pack(self) -> CoursePackage:
        self.keys.update((str(lesson.id), _key(lesson)) for lesson in self.draft.lessons)
        page = {name: value for name, value in asdict(self.course.page).items() if name != "description_html"}
        sections = tuple(self._section(section) for section in self.draft.sections)
        packed = self._portable(page)
        return CoursePackage(
            format="lms-course",
            key=self.course.source_key or str(self.course.id),
            page=packed,
            settings=self._settings(),
            sections=sections,
            assets=tuple(self._asset(key, name) for key, name in self.names.items()),
        )

    def _settings(self) -> dict[str, Any]:
        settings = {name: getattr(self.course, name) for name in SETTINGS if name not in STAYS_BEHIND}
        settings["price"] = asdict(self.course.price) if self.course.price else None
        return {name: v.isoformat() if isinstance(v, datetime) else v for name, v in settings.items()}

    def _section(self, drafted: DraftSection) -> PackedSection:
        section = drafted.section
        return PackedSection(
            key=section.source_key or str(section.id),
            title=section.title,
            summary=section.summary,
            lessons=tuple(self._lesson(lesson) for lesson in drafted.lessons),
        )

    def _lesson(self, lesson: Lesson) -> PackedLesson:
        written = {name: value for name, value in lesson.content.items() if name != "html"}
        return PackedLesson(
            key=_key(lesson),
            title=lesson.title,
            kind=lesson.kind.value,
            content=with_lesson_references(self._portable(written), self.keys),
            required=lesson.required,
            preview=lesson.preview,
            completion_rule=lesson.completion_rule,
            duration_seconds=lesson.duration_seconds,
            metadata=lesson.metadata,
        )

    def _portable(self, value: Any) -> Any:
        return rewrite(value, ADDRESS, lambda match: self._reference(match[0], match[1], match[2]))

    def _reference(self, address: str, key: str, name: str) -> str:
        """A second file of the same name is told apart by its bytes."""
        if key not in self.assets:
            return address
        if key not in self.names:
            taken = name in self.names.values()
            self.names[key] = f"{self.assets[key].sha256.hex()[:12]}-{name}"[:200] if taken else name
        return f"asset:{self.names[key]}"

    def _asset(self, key: str, name: str) -> PackedAsset:
        asset = self.assets[key]
        return PackedAsset(name=name, media_type=asset.media_type, size=asset.size, sha256=asset.sha256.hex())


def _key(lesson: Lesson) -> str:
    return lesson.source_key or str(lesson.id)


def keys_shown(course: Course, draft: DraftOutline) -> set[str]:
    """The keys of the files that the draft shows."""
    found: set[str] = set()

    def note(match: Any) -> str:
        found.add(match[1])
        return str(match[0])

    rewrite(asdict(course.page), ADDRESS, note)
    for lesson in draft.lessons:
        rewrite(lesson.content, ADDRESS, note)
    return found
