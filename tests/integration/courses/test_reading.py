"""Who reads what of a course: the draft, the published revision, or nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Drafted, Person, School, a_draft, a_lesson, a_published_course

Counting = Callable[[], AbstractContextManager[list[str]]]


async def enroll(learner: Person, course: Drafted) -> str:
    enrollment: dict[str, str] = await learner.json("POST", f"/courses/{course.id}/enrollments")
    return enrollment["id"]


def lessons_of(outline: dict[str, Any]) -> list[dict[str, Any]]:
    return [lesson for section in outline["sections"] for lesson in section["lessons"]]


async def test_a_course_is_drafted_published_and_read(school: School) -> None:
    teacher, stranger = await school.teacher(), school.stranger()
    draft = await a_draft(teacher, lessons=2)
    assert await stranger.refused("GET", f"/courses/{draft.id}") == (404, "not_found")
    nothing = await teacher.json("GET", f"/courses/{draft.id}/outline")
    assert (nothing["revision"], nothing["sections"]) == (None, [])

    revision = await teacher.json("POST", f"/courses/{draft.id}/publish", {"note": "First"})
    assert (revision["number"], revision["lesson_count"], revision["note"]) == (1, 2, "First")

    course = await stranger.json("GET", f"/courses/{draft.id}")
    assert (course["title"], course["status"], course["revision"]) == ("Keeping bees", "published", 1)
    outline = await stranger.json("GET", f"/courses/{draft.id}/outline")
    assert [lesson["title"] for lesson in lessons_of(outline)] == ["Lesson 0", "Lesson 1"]
    assert not any(lesson["accessible"] for lesson in lessons_of(outline))
    assert all(lesson["accessible"] for lesson in lessons_of(await teacher.json("GET", f"/courses/{draft.id}/outline")))


async def test_learners_read_the_revision_and_staff_the_draft(school: School) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    course = await a_published_course(teacher)
    await enroll(learner, course)
    path = f"/lessons/{course.lessons[0]}"
    await teacher.json("PATCH", path, {"title": "New", "content": {"body": "New"}})
    await teacher.ask("DELETE", f"/lessons/{course.lessons[1]}")
    await teacher.json("PATCH", f"/courses/{course.id}", {"title": "New"})
    await teacher.json("PATCH", f"/sections/{course.section}", {"title": "New"})

    read, drafted = await learner.json("GET", path), await teacher.json("GET", path)
    assert (read["title"], read["state"], read["content"]["body"]) == ("Lesson 0", "published", "Open the *hive*.")
    assert (drafted["title"], drafted["state"], drafted["content"]["body"]) == ("New", "draft", "New")
    assert (await learner.json("GET", f"/lessons/{course.lessons[1]}"))["title"] == "Lesson 1"
    outline = await learner.json("GET", f"/courses/{course.id}/outline")
    assert [section["title"] for section in outline["sections"]] == ["Spring"]
    assert len(lessons_of(outline)) == 2

    await teacher.json("POST", f"/courses/{course.id}/publish")
    assert (await learner.json("GET", path))["title"] == "New"
    assert await learner.refused("GET", f"/lessons/{course.lessons[1]}") == (404, "not_found")
    assert len(lessons_of(await learner.json("GET", f"/courses/{course.id}/outline"))) == 1


async def test_a_preview_is_for_everybody_and_the_rest_for_those_who_enroll(school: School) -> None:
    teacher, learner, stranger = await school.teacher(), await school.learner(), school.stranger()
    course = await a_draft(teacher, lessons=1)
    preview = await a_lesson(teacher, course.section, preview=True)
    await teacher.json("POST", f"/courses/{course.id}/publish")
    for who in (learner, stranger):
        assert (await who.json("GET", f"/lessons/{preview}"))["state"] == "published"
        assert await who.refused("GET", f"/lessons/{course.lessons[0]}") == (403, "enroll_first")
    await enroll(learner, course)
    assert (await learner.json("GET", f"/lessons/{course.lessons[0]}"))["state"] == "published"


async def test_an_access_that_has_ended_opens_no_lesson(school: School, engine: AsyncEngine) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    course = await a_published_course(teacher)
    enrollment = await enroll(learner, course)
    async with engine.begin() as conn:
        await conn.execute(text("update enrollments set expires_at = now() - interval '1 second'"))
    assert await learner.refused("GET", f"/lessons/{course.lessons[0]}") == (403, "access_ended")
    outline = await learner.json("GET", f"/courses/{course.id}/outline")
    assert [lesson["accessible"] for lesson in lessons_of(outline)] == [False, False]
    async with engine.begin() as conn:
        await conn.execute(text("update enrollments set expires_at = null, status = 'dropped', is_active = false"))
    assert await learner.refused("GET", f"/lessons/{course.lessons[0]}") == (403, "enroll_first")
    assert enrollment


async def test_the_outline_says_how_far_its_reader_is(school: School) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    course = await a_published_course(teacher, lessons=3)
    enrollment = await enroll(learner, course)
    for lesson, report in zip(course.lessons, ({"viewed": True}, {"position_seconds": 0}), strict=False):
        await learner.json("PUT", f"/enrollments/{enrollment}/lessons/{lesson}/progress", report)
    outline = await learner.json("GET", f"/courses/{course.id}/outline")
    assert [lesson["status"] for lesson in lessons_of(outline)] == ["completed", "started", "not_started"]
    assert (outline["enrollment_id"], outline["progress_percent"]) == (enrollment, 33)
    assert [lesson["status"] for lesson in lessons_of(await teacher.json("GET", f"/courses/{course.id}/outline"))] == [
        None
    ] * 3


async def test_the_problems_of_a_quiz_are_the_staffs(school: School) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    course = await a_draft(teacher, lessons=1)
    content = {"body": "Try", "problems": [{"question": "2+2?", "answer": "SECRET"}]}
    quiz = await a_lesson(teacher, course.section, kind="quiz", content=content, preview=True)
    await teacher.json("POST", f"/courses/{course.id}/publish")
    await enroll(learner, course)
    for path in (f"/lessons/{quiz}", f"/courses/{course.id}/outline", f"/courses/{course.id}"):
        for who in (learner, school.stranger()):
            assert "SECRET" not in (await who.ask("GET", path)).text
    assert (await learner.json("GET", f"/lessons/{quiz}"))["content"]["problem_count"] == 1
    assert (await teacher.json("GET", f"/lessons/{quiz}"))["content"]["problems"] == content["problems"]


async def test_an_unpublished_course_is_the_staffs_and_an_archived_one_its_learners_too(school: School) -> None:
    teacher, learner, stranger = await school.teacher(), await school.learner(), school.stranger()
    course = await a_published_course(teacher)
    await enroll(learner, course)
    paths = [f"/courses/{course.id}", f"/courses/{course.id}/outline", f"/lessons/{course.lessons[0]}"]
    await teacher.json("POST", f"/courses/{course.id}/unpublish")
    for path in paths:
        assert [(await who.ask("GET", path)).status_code for who in (teacher, learner, stranger)] == [200, 404, 404]
    await teacher.json("POST", f"/courses/{course.id}/publish")
    await teacher.json("POST", f"/courses/{course.id}/archive")
    for path in paths:
        assert [(await who.ask("GET", path)).status_code for who in (teacher, learner, stranger)] == [200, 200, 404]


async def test_the_courses_of_an_organization_may_be_its_members_alone(school: School) -> None:
    boss, member, learner = await school.learner(), await school.learner(), await school.learner()
    place = await school.organization(instructor=boss, student=member)
    course = await a_published_course(boss, organization_id=str(place), visibility="members")
    for path in (f"/courses/{course.id}", f"/courses/{course.id}/outline"):
        assert (await member.ask("GET", path)).status_code == 200
        assert await learner.refused("GET", path) == (404, "not_found")
        assert await school.stranger().refused("GET", path) == (404, "not_found")
    slug = (await member.json("GET", f"/courses/{course.id}"))["slug"]
    assert await learner.refused("GET", f"/courses/slug/{slug}") == (404, "not_found")
    assert await learner.refused("GET", f"/lessons/{course.lessons[0]}") == (404, "not_found")
    assert await member.refused("GET", f"/lessons/{course.lessons[0]}") == (403, "enroll_first")
    await boss.json("PATCH", f"/courses/{course.id}", {"visibility": "public"})
    assert (await learner.ask("GET", f"/courses/{course.id}")).status_code == 200


async def test_an_organization_that_is_closed_takes_its_courses_along(school: School, engine: AsyncEngine) -> None:
    boss = await school.learner()
    place = await school.organization(instructor=boss)
    course = await a_published_course(boss, organization_id=str(place))
    async with engine.begin() as conn:
        await conn.execute(text("update organizations set is_active = false where id = :id"), {"id": place})
    for path in (f"/courses/{course.id}", f"/courses/{course.id}/outline", f"/lessons/{course.lessons[0]}"):
        for who in (boss, school.stranger()):
            assert await who.refused("GET", path) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "most"),
    [("/courses/{id}", 1), ("/courses/slug/{slug}", 1), ("/courses/{id}/outline", 1), ("/lessons/{lesson}", 1)],
)
async def test_a_page_costs_one_statement_however_large_the_course_is(
    school: School, count_queries: Counting, path: str, most: int
) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    for size in (1, 12):
        course = await a_published_course(teacher, lessons=size)
        await enroll(learner, course)
        slug = (await teacher.json("GET", f"/courses/{course.id}"))["slug"]
        for who in (teacher, learner, school.stranger()):
            with count_queries() as statements:
                await who.ask("GET", path.format(id=course.id, slug=slug, lesson=course.lessons[0]))
            assert len(statements) <= most


async def test_reading_the_draft_costs_two_statements(school: School, count_queries: Counting) -> None:
    teacher = await school.teacher()
    course = await a_published_course(teacher, lessons=8)
    for path, most in (("sections", 2), ("revisions", 2), ("revisions/1", 3), ("revisions/1/diff/1", 5), ("staff", 2)):
        with count_queries() as statements:
            await teacher.json("GET", f"/courses/{course.id}/{path}")
        assert len(statements) <= most, path


async def test_publishing_and_arranging_cost_the_same_for_every_size(school: School, count_queries: Counting) -> None:
    teacher, counts = await school.teacher(), []
    for size in (2, 12):
        course = await a_draft(teacher, lessons=size)
        body = {"sections": [{"id": course.section, "lessons": course.lessons[::-1]}]}
        with count_queries() as arranged:
            await teacher.json("PUT", f"/courses/{course.id}/outline", body)
        with count_queries() as published:
            await teacher.json("POST", f"/courses/{course.id}/publish")
        counts.append((len(arranged), len(published)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 8
