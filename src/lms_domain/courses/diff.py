"""What is different between two revisions."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar
from uuid import UUID

from lms_domain.courses.model import CoursePage
from lms_domain.courses.revision import RevisedLesson, RevisedSection, Revision
from lms_domain.kernel import CourseId, LessonId

K = TypeVar("K", bound=UUID)

LESSON_FIELDS = ("title", "kind", "required", "preview", "completion_rule", "duration_seconds", "metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    id: UUID
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed:
    id: UUID
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """`fields` by name; `content` is one of them where the lesson's content is another."""

    id: UUID
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """`moved`: into another section, or past neighbors that are in both revisions."""

    added: tuple[Named, ...]
    removed: tuple[Named, ...]
    moved: tuple[Named, ...]
    renamed: tuple[Renamed, ...]
    changed: tuple[Changed, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionDiff:
    course_id: CourseId
    before: int
    after: int
    page: tuple[FieldChange, ...]
    sections: Differences
    lessons: Differences


def difference(
    before: tuple[Revision, Sequence[RevisedLesson]], after: tuple[Revision, Sequence[RevisedLesson]]
) -> RevisionDiff:
    (old, old_lessons), (new, new_lessons) = before, after
    return RevisionDiff(
        course_id=old.course_id,
        before=old.number,
        after=new.number,
        page=_page_changes(old.page, new.page),
        sections=_sections(old.sections, new.sections),
        lessons=_lessons(old_lessons, new_lessons),
    )


def _page_changes(old: CoursePage, new: CoursePage) -> tuple[FieldChange, ...]:
    """The HTML of the description follows its Markdown, and is not told twice."""
    names = [field.name for field in fields(CoursePage) if field.name != "description_html"]
    pairs = ((name, getattr(old, name), getattr(new, name)) for name in names)
    return tuple(FieldChange(field=name, before=a, after=b) for name, a, b in pairs if a != b)


def _sections(old: Sequence[RevisedSection], new: Sequence[RevisedSection]) -> Differences:
    before, after = {s.id: s for s in old}, {s.id: s for s in new}
    both = [id for id in after if id in before]
    return Differences(
        added=_named((s.id, s.title) for s in new if s.id not in before),
        removed=_named((s.id, s.title) for s in old if s.id not in after),
        moved=_named((id, after[id].title) for id in _moved([s.id for s in old if s.id in after], both)),
        renamed=_renamed((id, before[id].title, after[id].title) for id in both),
        changed=tuple(
            Changed(id=id, title=after[id].title, fields=("summary",))
            for id in both
            if before[id].summary != after[id].summary
        ),
    )


def _lessons(old: Sequence[RevisedLesson], new: Sequence[RevisedLesson]) -> Differences:
    before, after = {x.lesson_id: x for x in old}, {x.lesson_id: x for x in new}
    both = [id for id in after if id in before]
    moved = _moved_lessons(old, new)
    return Differences(
        added=_named((x.lesson_id, x.title) for x in new if x.lesson_id not in before),
        removed=_named((x.lesson_id, x.title) for x in old if x.lesson_id not in after),
        moved=_named((id, after[id].title) for id in both if id in moved),
        renamed=_renamed((id, before[id].title, after[id].title) for id in both),
        changed=tuple(
            Changed(id=id, title=after[id].title, fields=names)
            for id in both
            if (names := _changed_fields(before[id], after[id]))
        ),
    )


def _moved_lessons(old: Sequence[RevisedLesson], new: Sequence[RevisedLesson]) -> set[LessonId]:
    before, after = {x.lesson_id: x.section_id for x in old}, {x.lesson_id: x.section_id for x in new}
    stayed = {id for id, section in after.items() if before.get(id) == section}
    moved = before.keys() & after.keys() - stayed
    for section in set(after.values()):
        was = [id for id, place in before.items() if place == section and id in stayed]
        now = [id for id, place in after.items() if place == section and id in stayed]
        moved |= _moved(was, now)
    return moved


def _changed_fields(old: RevisedLesson, new: RevisedLesson) -> tuple[str, ...]:
    """The title apart, which is told as a new name."""
    names = [name for name in LESSON_FIELDS[1:] if getattr(old, name) != getattr(new, name)]
    return tuple(names + ["content"] * (old.content_id != new.content_id))


def _named(pairs: Iterable[tuple[UUID, str]]) -> tuple[Named, ...]:
    return tuple(Named(id=id, title=title) for id, title in pairs)


def _renamed(triples: Iterable[tuple[UUID, str, str]]) -> tuple[Renamed, ...]:
    return tuple(Renamed(id=id, before=a, after=b) for id, a, b in triples if a != b)


def _moved(before: Sequence[K], after: Sequence[K]) -> set[K]:
    """The fewest that can have been moved: all but a longest run that kept its order (patience sorting)."""
    place = {id: n for n, id in enumerate(before)}
    tops: list[int] = []  # the smallest last place of a run, by its length
    at: list[K] = []
    previous: dict[K, K | None] = {}
    for id in after:
        length = bisect_left(tops, place[id])
        previous[id] = at[length - 1] if length else None
        tops[length : length + 1] = [place[id]]
        at[length : length + 1] = [id]
    kept, last = set(), at[-1] if at else None
    while last is not None:
        kept.add(last)
        last = previous[last]
    return set(after) - kept
