"""Who reads what of a course: the draft, the published revision, or nothing."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

from tests.integration.school import School, a_draft, a_lesson, a_published_course

Counting = Callable[[], AbstractContextManager[list[str]]]


async def test_a_course_is_drafted_published_and_read(school: School) -> None:
    teacher, stranger = await school.teacher(), school.stranger()
    draft = await a_draft(teacher, lessons=2)
    assert await stranger.refused("GET", f"/courses/{draft.id}") == (404, "not_found")

    revision = await teacher.json("POST", f"/courses/{draft.id}/publish", {"note": "First"})
    assert (revision["number"], revision["lesson_count"], revision["note"]) == (1, 2, "First")

    course = await stranger.json("GET", f"/courses/{draft.id}")
    assert (course["title"], course["status"], course["revision"]) == ("Keeping bees", "published", 1)
    outline = await stranger.json("GET", f"/courses/{draft.id}/outline")
    assert [lesson["title"] for lesson in outline["sections"][0]["lessons"]] == ["Lesson 0", "Lesson 1"]
    assert not any(lesson["accessible"] for lesson in outline["sections"][0]["lessons"])
    assert await stranger.refused("GET", f"/lessons/{draft.lessons[0]}") == (403, "enroll_first")
    lesson = await teacher.json("GET", f"/lessons/{draft.lessons[0]}")
    assert (lesson["state"], lesson["content"]["body"]) == ("draft", "Open the *hive*.")
