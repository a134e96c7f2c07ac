"""Many at once, on a real PostgreSQL with real parallel transactions."""

import asyncio
from collections import Counter
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import School, a_draft, a_lesson, a_published_course


async def test_parallel_publishes_make_consecutive_numbers_or_none(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher, lessons=2)

    async def edit_and_publish(number: int) -> int:
        body = {"content": {"body": f"Version {number}"}}
        answer = await teacher.ask("PATCH", f"/lessons/{course.lessons[number % 2]}", body)
        assert answer.status_code == 200, answer.text
        answer = await teacher.ask("POST", f"/courses/{course.id}/publish")
        assert answer.status_code in {200, 201}, answer.text
        return int(answer.json()["data"]["number"])

    numbers = await asyncio.gather(*[edit_and_publish(n) for n in range(12)])
    lines = await teacher.json("GET", f"/courses/{course.id}/revisions?page_size=100")
    assert [line["number"] for line in lines] == list(range(max(numbers), 0, -1))
    assert [line["is_current"] for line in lines] == [True] + [False] * (len(lines) - 1)


async def test_the_same_draft_published_ten_times_at_once_is_one_revision(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher)
    answers = await asyncio.gather(*[teacher.ask("POST", f"/courses/{course.id}/publish") for _ in range(10)])
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: 9}
    assert {answer.json()["data"]["number"] for answer in answers} == {1}


async def test_of_parallel_changes_to_one_version_one_wins(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher)
    for path in (f"/courses/{course.id}", f"/lessons/{course.lessons[0]}", f"/sections/{course.section}"):
        version = (await teacher.ask("PATCH", path, {"title": "Before"})).headers.get("etag", '"1"')
        answers = await asyncio.gather(
            *[teacher.ask("PATCH", path, {"title": f"T{n}"}, headers={"If-Match": version}) for n in range(8)]
        )
        assert Counter(answer.status_code for answer in answers) == {200: 1, 412: 7}


async def test_parallel_changes_without_a_version_all_count(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher)
    fields: list[dict[str, Any]] = [
        {"summary": "s"},
        {"category": "c"},
        {"seats": 3},
        {"tags": ["t"]},
        {"access_days": 4},
    ]
    answers = await asyncio.gather(*[teacher.ask("PATCH", f"/courses/{course.id}", each) for each in fields])
    assert {answer.status_code for answer in answers} == {200}
    now = await teacher.json("GET", f"/courses/{course.id}")
    assert all(now[name] == value for each in fields for name, value in each.items())


async def test_rearranging_and_adding_at_once_loses_no_lesson(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher, lessons=4)
    second = (await teacher.json("POST", f"/courses/{course.id}/sections", {"title": "Summer"}))["id"]
    a, b, c, d = course.lessons
    orders = [
        {"sections": [{"id": second, "lessons": [d, c]}, {"id": course.section, "lessons": [b, a]}]},
        {"sections": [{"id": course.section, "lessons": []}, {"id": second, "lessons": [a, b, c, d]}]},
    ]
    path = f"/courses/{course.id}/outline"
    adding = asyncio.create_task(a_lesson(teacher, course.section))
    arranged = await asyncio.gather(
        *[teacher.ask("PUT", path, order) for order in orders * 4],
        *[teacher.ask("PATCH", f"/lessons/{a}", {"title": f"A{n}"}) for n in range(4)],
    )
    added = await adding
    # An order that does not know of the new lesson is refused, and changes nothing.
    assert {answer.status_code for answer in arranged} <= {200, 422}
    outline = await teacher.json("GET", f"/courses/{course.id}/sections")
    ids = [lesson["id"] for section in outline["sections"] for lesson in section["lessons"]]
    assert sorted(ids) == sorted([*course.lessons, added])


async def test_a_change_of_text_and_a_move_at_once_both_stay(school: School) -> None:
    teacher = await school.teacher()
    course = await a_draft(teacher, lessons=2)
    second = (await teacher.json("POST", f"/courses/{course.id}/sections", {"title": "Summer"}))["id"]
    lesson, other = course.lessons
    away = [{"id": second, "lessons": [lesson]}, {"id": course.section, "lessons": [other]}]
    back = [{"id": course.section, "lessons": [lesson, other]}, {"id": second, "lessons": []}]
    for n, sections in enumerate([away, back] * 3):
        moved, changed = await asyncio.gather(
            teacher.ask("PUT", f"/courses/{course.id}/outline", {"sections": sections}),
            teacher.ask("PATCH", f"/lessons/{lesson}", {"title": f"T{n}"}),
        )
        assert (moved.status_code, changed.status_code) == (200, 200)
        now = await teacher.json("GET", f"/lessons/{lesson}")
        assert (now["title"], now["section_id"]) == (f"T{n}", sections[0]["id"])


async def test_parallel_courses_with_one_title_all_get_a_slug(school: School) -> None:
    teacher = await school.teacher()
    answers = await asyncio.gather(*[teacher.ask("POST", "/courses", {"title": "Bees"}) for _ in range(12)])
    assert {answer.status_code for answer in answers} == {201}
    slugs = {answer.json()["data"]["slug"] for answer in answers}
    assert len(slugs) == 12
    assert {"bees", "bees-2", "bees-3"} <= slugs


async def test_two_changes_that_make_a_circle_only_together_do_not_both_pass(school: School) -> None:
    teacher = await school.teacher()
    a, b = [await teacher.json("POST", "/courses", {"title": title}) for title in "AB"]
    for _ in range(5):
        for course in (a, b):
            await teacher.json("PATCH", f"/courses/{course['id']}", {"prerequisite_ids": []})
        answers = await asyncio.gather(
            teacher.ask("PATCH", f"/courses/{a['id']}", {"prerequisite_ids": [b["id"]]}),
            teacher.ask("PATCH", f"/courses/{b['id']}", {"prerequisite_ids": [a["id"]]}),
        )
        assert {answer.status_code for answer in answers} == {200, 422}


async def test_two_owners_who_dismiss_each_other_do_not_both_succeed(school: School) -> None:
    one, two = await school.teacher(), await school.teacher()
    for _ in range(5):
        course = await a_draft(one, lessons=0)
        await one.json("PUT", f"/courses/{course.id}/staff/{two.id}", {"role": "owner"})
        answers = await asyncio.gather(
            one.ask("DELETE", f"/courses/{course.id}/staff/{two.id}"),
            two.ask("DELETE", f"/courses/{course.id}/staff/{one.id}"),
        )
        assert sum(answer.status_code == 204 for answer in answers) == 1


async def test_a_class_that_learns_while_its_course_is_published_is_measured_against_the_newest(
    school: School, engine: AsyncEngine
) -> None:
    teacher = await school.teacher()
    course = await a_published_course(teacher, lessons=2)
    learners = [await school.learner() for _ in range(6)]
    enrollments = [(await x.json("POST", f"/courses/{course.id}/enrollments"))["id"] for x in learners]
    extra = [await a_lesson(teacher, course.section) for _ in range(2)]
    reports = [
        learner.ask("PUT", f"/enrollments/{enrollment}/lessons/{lesson}/progress", {"viewed": True})
        for learner, enrollment in zip(learners, enrollments, strict=True)
        for lesson in course.lessons
    ]
    published, *answers = await asyncio.gather(teacher.ask("POST", f"/courses/{course.id}/publish"), *reports)
    assert published.status_code == 201, published.text
    assert {answer.status_code for answer in answers} == {200}
    async with engine.connect() as conn:
        query = "select e.*, r.number from enrollments e join revisions r on r.id = e.revision_id"
        rows = (await conn.execute(text(query))).all()
    assert len(extra) == 2
    assert {row.number for row in rows} == {2}
    assert all(row.required_total == 4 and row.required_done == 2 for row in rows)
