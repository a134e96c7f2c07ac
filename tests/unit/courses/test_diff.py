"""What is different between two revisions, told with the fewest moves."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from lms_domain.courses.diff import RevisionDiff, _moved, difference
from lms_domain.courses.model import CoursePage, LessonKind
from lms_domain.courses.revision import ContentId, RevisedLesson, RevisedSection, Revision
from lms_domain.kernel import CourseId, LessonId, RevisionId, SectionId, new_id

COURSE, REVISION = CourseId(new_id()), RevisionId(new_id())
SPRING, SUMMER = SectionId(UUID(int=1)), SectionId(UUID(int=2))


def a_revision(number: int, *sections: SectionId, **page: Any) -> Revision:
    return Revision(
        id=REVISION,
        course_id=COURSE,
        number=number,
        page=CoursePage(**({"title": "Bees"} | page)),
        sections=tuple(
            RevisedSection(id=id, title=f"S{id.int}", summary="", position=n) for n, id in enumerate(sections)
        ),
        lesson_count=0,
        required_count=0,
        total_seconds=0,
        published_at=datetime(2030, 1, 1, tzinfo=UTC),
        published_by=None,
    )


def a_lesson(number: int, section: SectionId = SPRING, **fields: Any) -> RevisedLesson:
    lesson = RevisedLesson(
        revision_id=REVISION,
        lesson_id=LessonId(UUID(int=number)),
        section_id=section,
        position=0,
        title=f"L{number}",
        kind=LessonKind.TEXT,
        required=True,
        preview=False,
        completion_rule={"kind": "viewed"},
        duration_seconds=None,
        metadata={},
        content_id=ContentId(UUID(int=number)),
    )
    return replace(lesson, **fields)


def compare(old: list[RevisedLesson], new: list[RevisedLesson]) -> RevisionDiff:
    sections = (SPRING, SUMMER)
    return difference((a_revision(1, *sections), old), (a_revision(2, *sections), new))


def numbers(items: Any) -> list[int]:
    return [item.id.int for item in items]


def test_equal_revisions_are_not_different() -> None:
    diff = compare([a_lesson(1)], [a_lesson(1)])
    nothing = {(), None}
    assert {
        diff.page,
        *[getattr(diff.lessons, n) for n in ("added", "removed", "moved", "renamed", "changed")],
    } <= nothing


def test_lessons_come_go_and_change() -> None:
    diff = compare(
        [a_lesson(1), a_lesson(2), a_lesson(3)],
        [a_lesson(2, title="Two"), a_lesson(3, required=False, content_id=ContentId(UUID(int=9))), a_lesson(4)],
    ).lessons
    assert (numbers(diff.added), numbers(diff.removed), numbers(diff.moved)) == ([4], [1], [])
    assert [(r.before, r.after) for r in diff.renamed] == [("L2", "Two")]
    assert [(c.title, c.fields) for c in diff.changed] == [("L3", ("required", "content"))]


def test_one_lesson_that_is_pulled_to_the_front_is_one_move() -> None:
    old = [a_lesson(n) for n in (1, 2, 3, 4)]
    assert numbers(compare(old, [old[3], *old[:3]]).lessons.moved) == [4]


def test_a_lesson_in_another_section_has_moved_and_the_others_have_not() -> None:
    old = [a_lesson(1), a_lesson(2), a_lesson(3, SUMMER)]
    new = [a_lesson(2), a_lesson(1, SUMMER), a_lesson(3, SUMMER)]
    assert numbers(compare(old, new).lessons.moved) == [1]


def test_sections_move_with_their_lessons() -> None:
    lessons = [a_lesson(1), a_lesson(2, SUMMER)]
    diff = difference((a_revision(1, SPRING, SUMMER), lessons), (a_revision(2, SUMMER, SPRING), lessons[::-1]))
    assert len(diff.sections.moved) == 1
    assert diff.lessons.moved == ()


def test_the_page_tells_before_and_after_but_not_twice() -> None:
    old = a_revision(1, description="a", description_html="<p>a</p>")
    new = a_revision(2, title="Wasps", description="b", description_html="<p>b</p>")
    changes = difference((old, []), (new, [])).page
    assert [(c.field, c.before, c.after) for c in changes] == [("title", "Bees", "Wasps"), ("description", "a", "b")]


@given(st.permutations(range(8)))
def test_the_fewest_are_told_as_moved_and_the_others_kept_their_order(order: list[int]) -> None:
    before = [UUID(int=n) for n in range(8)]
    after = [UUID(int=n) for n in order]
    moved = _moved(before, after)
    assert [id for id in after if id not in moved] == [id for id in before if id not in moved]
    assert len(moved) == 8 - longest_run(order)


def longest_run(order: list[int]) -> int:
    """The plain way, in the square of the length."""
    best: list[int] = []
    for n, value in enumerate(order):
        best.append(1 + max((best[m] for m in range(n) if order[m] < value), default=0))
    return max(best, default=0)
