"""From draft to revision, on memory alone."""

from typing import Any

import pytest
from tests.builders import a_draft, a_learner, a_published_course, a_teacher

from lms_adapters.memory.ports import MemoryPorts
from lms_domain.courses import events
from lms_domain.courses.errors import NotPublishable, NotPublished
from lms_domain.courses.use_cases import lessons, outline, publishing, sections
from lms_domain.courses.views.revisions import RevisionLine
from lms_domain.kernel import Actor, Again, CourseId, NotFound, Outdated
from lms_domain.standing import CourseStatus


async def publish(ports: MemoryPorts, teacher: Actor, course_id: CourseId) -> RevisionLine:
    line = await publishing.publish(ports, teacher, course_id)
    assert isinstance(line, RevisionLine)
    return line


async def first_lesson(ports: MemoryPorts, course_id: CourseId) -> Any:
    return next((await ports.drafts.of(course_id)).lessons)


async def test_every_problem_of_a_draft_is_named_with_its_path() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_draft(ports, teacher, lessons=1)
    empty = await sections.add_section(ports, teacher, course.id, {"title": "Empty"})
    third = await sections.add_section(ports, teacher, course.id, {"title": "Third"})
    for values in ({"kind": "text"}, {"kind": "video"}, {"kind": "quiz", "required": True}):
        await lessons.add_lesson(ports, teacher, third.id, {"title": "x"} | values)
    with pytest.raises(NotPublishable) as refused:
        await publishing.publish(ports, teacher, course.id, note="n" * 2001)
    assert [problem.field for problem in refused.value.problems] == [
        "sections[1].lessons",
        "sections[2].lessons[0].content",
        "sections[2].lessons[1].content",
        "sections[2].lessons[2].required",
        "note",
    ]
    assert await ports.revisions.last(course.id) is None
    assert empty.position == 1


async def test_an_empty_draft_is_not_published() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_draft(ports, teacher, lessons=0)
    section = (await ports.drafts.of(course.id)).sections[0].section
    await sections.delete_section(ports, teacher, section.id)
    with pytest.raises(NotPublishable) as refused:
        await publishing.publish(ports, teacher, course.id)
    assert [problem.field for problem in refused.value.problems] == ["sections"]


async def test_nothing_new_makes_no_new_revision() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher)
    again = await publishing.publish(ports, teacher, course.id)
    assert isinstance(again, Again)
    assert again.value.number == 1
    assert len([e for e in ports.events if isinstance(e, events.CoursePublished)]) == 1


async def test_unchanged_contents_are_shared_between_revisions() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher, lessons=3)
    lesson = await first_lesson(ports, course.id)
    await lessons.change_lesson(ports, teacher, lesson.id, {"content": {"body": "New"}})
    line = await publish(ports, teacher, course.id)
    first = await ports.revisions.numbered(course.id, 1)
    old = {x.lesson_id: x.content_id for x in await ports.revisions.lessons(first.id)}
    new = {x.lesson_id: x.content_id for x in await ports.revisions.lessons(line.id)}
    assert line.number == 2
    assert {id for id in old if old[id] != new[id]} == {lesson.id}


async def test_going_back_to_an_earlier_text_finds_its_content_again() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher, lessons=1)
    lesson = await first_lesson(ports, course.id)
    for body in ("B", lesson.content["body"]):
        await lessons.change_lesson(ports, teacher, lesson.id, {"content": {"body": body}})
        line = await publish(ports, teacher, course.id)
    first = await ports.revisions.numbered(course.id, 1)
    [old], [new] = await ports.revisions.lessons(first.id), await ports.revisions.lessons(line.id)
    assert (line.number, new.content_id) == (3, old.content_id)


async def test_a_course_is_taken_back_and_shown_again_as_it_was() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher)
    await publishing.unpublish(ports, teacher, course.id)
    assert isinstance(await publishing.unpublish(ports, teacher, course.id), Again)
    assert (await ports.courses.get(course.id)).published_revision_id is None
    again = await publishing.publish(ports, teacher, course.id)
    assert isinstance(again, Again)
    assert again.value.number == 1
    assert (await ports.courses.get(course.id)).status is CourseStatus.PUBLISHED


async def test_an_archived_course_keeps_its_revision_for_those_who_are_on_it() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher)
    await publishing.archive(ports, teacher, course.id)
    assert isinstance(await publishing.archive(ports, teacher, course.id), Again)
    archived = await ports.courses.get(course.id)
    assert (archived.status, archived.published_revision_id is None) == (CourseStatus.ARCHIVED, False)


async def test_what_was_never_published_cannot_be_taken_back() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_draft(ports, teacher)
    with pytest.raises(NotPublished):
        await publishing.unpublish(ports, teacher, course.id)


async def test_an_old_revision_comes_back_into_the_draft_with_its_lessons() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher, lessons=2)
    before = await ports.drafts.of(course.id)
    gone, kept = before.lessons
    await lessons.delete_lesson(ports, teacher, gone.id)
    await lessons.change_lesson(ports, teacher, kept.id, {"title": "Other", "content": {"body": "Other"}})
    newer = await sections.add_section(ports, teacher, course.id, {"title": "Newer"})
    await lessons.add_lesson(ports, teacher, newer.id, {"title": "Newer", "content": {"body": "x"}})
    restored = await publishing.restore_revision(ports, teacher, course.id, 1)
    after = await ports.drafts.of(course.id)
    assert [(x.id, x.title, x.content) for x in after.lessons] == [(x.id, x.title, x.content) for x in before.lessons]
    assert [s.section.title for s in after.sections] == ["Spring"]
    assert restored.revision == 1
    assert isinstance(await publishing.publish(ports, teacher, course.id), Again)
    with pytest.raises(NotFound):
        await publishing.restore_revision(ports, teacher, course.id, 2)


async def test_what_was_published_is_told_with_its_number() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher)
    told = [event for event in ports.events if isinstance(event, events.CoursePublished)]
    assert [(event.course_id, event.number, event.by) for event in told] == [(course.id, 1, teacher.id)]


async def test_every_change_is_told() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher, lessons=2)
    order = await ports.drafts.order(course.id)
    section, lesson = order.sections[0].id, order.sections[0].lessons[0]
    ports.events.clear()
    turned = type(order)(
        course_id=course.id,
        sections=(type(order.sections[0])(id=section, lessons=order.sections[0].lessons[::-1]),),
    )
    await outline.arrange(ports, teacher, turned)
    await outline.arrange(ports, teacher, turned)
    await lessons.change_lesson(ports, teacher, lesson, {"title": "x", "preview": True})
    await lessons.change_lesson(ports, teacher, lesson, {"title": "x"})
    await lessons.delete_lesson(ports, teacher, lesson)
    await lessons.restore_lesson(ports, teacher, lesson)
    await lessons.restore_lesson(ports, teacher, lesson)
    await sections.change_section(ports, teacher, section, {"title": "x"})
    await sections.change_section(ports, teacher, section, {"title": "x"})
    await sections.delete_section(ports, teacher, section)
    await sections.restore_section(ports, teacher, section)
    await sections.restore_section(ports, teacher, section)
    await publishing.unpublish(ports, teacher, course.id)
    await publishing.archive(ports, teacher, course.id)
    await publishing.restore_revision(ports, teacher, course.id, 1)
    assert [event.name for event in ports.events] == [
        "course.outline_changed", "lesson.changed", "lesson.deleted", "lesson.restored", "section.changed",
        "section.deleted", "section.restored", "course.unpublished", "course.archived", "course.draft_reset",
    ]  # fmt: skip
    [changed] = [event for event in ports.events if isinstance(event, events.LessonChanged)]
    assert changed.fields == ("title", "preview")


async def test_who_has_read_an_older_version_publishes_nothing() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_published_course(ports, teacher)
    with pytest.raises(Outdated):
        await publishing.publish(ports, teacher, course.id, expected=course.version - 1)


async def test_strangers_publish_nothing_and_learn_nothing() -> None:
    ports, teacher = MemoryPorts(), a_teacher()
    course = await a_draft(ports, teacher)
    with pytest.raises(NotFound):
        await publishing.publish(ports, a_learner(), course.id)
