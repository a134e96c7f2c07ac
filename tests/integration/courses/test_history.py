"""Revisions over HTTP: their list, what is in them, what is different, and the way back."""

from tests.integration.school import School, a_draft, a_lesson, a_published_course


async def test_revisions_are_listed_with_the_newest_first(school: School) -> None:
    teacher = await school.teacher()
    course = await a_published_course(teacher)
    for title in ("B", "C"):
        await teacher.json("PATCH", f"/courses/{course.id}", {"title": title})
        await teacher.json("POST", f"/courses/{course.id}/publish", {"note": f"Now {title}"})
    answer = await teacher.ask("GET", f"/courses/{course.id}/revisions?page_size=2")
    lines = answer.json()["data"]
    assert [(line["number"], line["title"], line["is_current"]) for line in lines] == [(3, "C", True), (2, "B", False)]
    assert answer.json()["meta"] == {"total": 3, "page": 1, "page_size": 2, "pages": 2}
    beyond = await teacher.ask("GET", f"/courses/{course.id}/revisions?page=9")
    assert (beyond.json()["data"], beyond.json()["meta"]["total"]) == ([], 3)
    first = await teacher.json("GET", f"/courses/{course.id}/revisions/1")
    assert (first["page"]["title"], len(first["lessons"]), first["number"]) == ("Keeping bees", 2, 1)


async def test_publishing_again_without_anything_new_answers_what_there_is(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher)
    first = await teacher.ask("POST", f"/courses/{course.id}/publish")
    again = await teacher.ask("POST", f"/courses/{course.id}/publish", {"note": "x"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["data"] == again.json()["data"]


async def test_a_repeated_request_publishes_once(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher)
    headers = {"Idempotency-Key": "publish-1"}
    answers = [await teacher.ask("POST", f"/courses/{course.id}/publish", headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["data"] == answers[1].json()["data"]


async def test_two_revisions_are_compared(school: School) -> None:
    teacher = await school.teacher()
    course = await a_published_course(teacher, lessons=3)
    a, b, c = course.lessons
    await teacher.json("PATCH", f"/courses/{course.id}", {"title": "Wasps", "description": "New"})
    await teacher.json("PATCH", f"/lessons/{b}", {"title": "B", "content": {"body": "New"}})
    await teacher.ask("DELETE", f"/lessons/{a}")
    new = await a_lesson(teacher, course.section, title="New")
    body = {"sections": [{"id": course.section, "lessons": [new, c, b]}]}
    await teacher.json("PUT", f"/courses/{course.id}/outline", body)
    await teacher.json("POST", f"/courses/{course.id}/publish")
    diff = await teacher.json("GET", f"/courses/{course.id}/revisions/1/diff/2")
    assert [change["field"] for change in diff["page"]] == ["title", "description"]
    lessons = diff["lessons"]
    assert [[each["id"] for each in lessons[kind]] for kind in ("added", "removed", "renamed")] == [[new], [a], [b]]
    assert len(lessons["moved"]) == 1
    assert lessons["changed"] == [{"id": b, "title": "B", "fields": ["content"]}]
    back = await teacher.json("GET", f"/courses/{course.id}/revisions/2/diff/1")
    assert [each["id"] for each in back["lessons"]["added"]] == [a]


async def test_an_old_revision_comes_back_into_the_draft_and_learners_wait(school: School) -> None:
    teacher, stranger = await school.teacher(), school.stranger()
    course = await a_published_course(teacher, lessons=2)
    await teacher.ask("DELETE", f"/lessons/{course.lessons[0]}")
    await teacher.json("PATCH", f"/courses/{course.id}", {"title": "Wasps"})
    await teacher.json("POST", f"/courses/{course.id}/publish")
    restored = await teacher.json("POST", f"/courses/{course.id}/revisions/1/restore")
    assert (restored["title"], restored["revision"]) == ("Keeping bees", 2)
    drafted = await teacher.json("GET", f"/courses/{course.id}/sections")
    assert [lesson["id"] for lesson in drafted["sections"][0]["lessons"]] == course.lessons
    assert (await stranger.json("GET", f"/courses/{course.id}"))["title"] == "Wasps"
    await teacher.json("POST", f"/courses/{course.id}/publish")
    assert (await stranger.json("GET", f"/courses/{course.id}"))["title"] == "Keeping bees"
    assert (await teacher.ask("POST", f"/courses/{course.id}/revisions/9/restore")).status_code == 404


async def test_a_draft_that_is_not_ready_says_everything(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher, lessons=1)
    await teacher.json("POST", f"/sections/{course.section}/lessons", {"title": "x", "kind": "video"})
    await teacher.json("POST", f"/courses/{course.id}/sections", {"title": "Empty"})
    problems = await teacher.problems("POST", f"/courses/{course.id}/publish")
    assert set(problems) == {"sections[0].lessons[1].content", "sections[1].lessons"}
    assert await teacher.refused("POST", f"/courses/{course.id}/publish") == (422, "not_publishable")
    assert await teacher.refused("POST", f"/courses/{course.id}/unpublish") == (409, "not_published")
