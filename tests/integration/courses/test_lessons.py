"""Sections and lessons of a draft over HTTP."""

from typing import Any

import pytest
from tests.integration.school import School, a_draft, a_lesson, tagged


async def test_a_section_is_added_renamed_deleted_and_restored(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher)
    autumn = await teacher.json("POST", f"/courses/{draft.id}/sections", {"title": "Autumn", "summary": "Feeding"})
    assert (autumn["position"], autumn["version"]) == (1, 1)
    path = f"/sections/{draft.section}"
    renamed = await teacher.json("PATCH", path, {"title": "Early spring"}, headers={"If-Match": '"1"'})
    assert (renamed["title"], renamed["version"]) == ("Early spring", 2)
    assert await teacher.refused("PATCH", path, {"title": "x"}, headers={"If-Match": '"1"'}) == (412, "outdated")

    assert (await teacher.ask("DELETE", path)).status_code == 204
    outline = await teacher.json("GET", f"/courses/{draft.id}/sections")
    assert [section["title"] for section in outline["sections"]] == ["Autumn"]
    assert await teacher.refused("GET", f"/lessons/{draft.lessons[0]}") == (404, "not_found")
    assert await teacher.refused("PATCH", f"/lessons/{draft.lessons[0]}", {"title": "x"}) == (404, "not_found")
    assert await teacher.refused("POST", f"{path}/lessons", {"title": "x"}) == (404, "not_found")
    assert await teacher.refused("PATCH", path, {"title": "x"}) == (404, "not_found")
    assert await teacher.refused("DELETE", path) == (404, "not_found")

    await teacher.json("POST", f"{path}/restore")
    await teacher.json("POST", f"{path}/restore")
    outline = await teacher.json("GET", f"/courses/{draft.id}/sections")
    assert [section["title"] for section in outline["sections"]] == ["Autumn", "Early spring"]
    assert [lesson["id"] for lesson in outline["sections"][1]["lessons"]] == draft.lessons


async def test_a_lesson_is_changed_deleted_and_restored(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=3)
    path = f"/lessons/{draft.lessons[0]}"
    body = {"title": "Swarms", "content": {"format": "html", "body": "<p>Hm<script>alert(1)</script></p>"}}
    changed = await teacher.json("PATCH", path, body, headers={"If-Match": '"1"'})
    assert (changed["title"], changed["version"]) == ("Swarms", 2)
    assert "script" not in changed["content"]["html"]
    assert await teacher.refused("PATCH", path, body, headers={"If-Match": '"1"'}) == (412, "outdated")
    assert (await teacher.json("PATCH", path, body))["version"] == 2

    assert (await teacher.ask("DELETE", path)).status_code == 204
    assert await teacher.refused("GET", path) == (404, "not_found")
    await teacher.ask("DELETE", f"/sections/{draft.section}")
    assert await teacher.refused("POST", f"{path}/restore") == (409, "section_deleted")
    await teacher.json("POST", f"/sections/{draft.section}/restore")
    await teacher.json("POST", f"{path}/restore")
    outline = await teacher.json("GET", f"/courses/{draft.id}/sections")
    ids = [lesson["id"] for lesson in outline["sections"][0]["lessons"]]
    assert ids == [*draft.lessons[1:], draft.lessons[0]]


async def test_structure_moves_the_courses_version_and_text_does_not(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=0)

    async def version() -> int:
        return int((await teacher.json("GET", f"/courses/{draft.id}"))["version"])

    before = await version()
    lesson = await a_lesson(teacher, draft.section)
    assert await version() == before + 1
    await teacher.json("PATCH", f"/lessons/{lesson}", {"title": "Other"})
    assert await version() == before + 1


@pytest.mark.parametrize(
    ("lesson", "fields"),
    [
        ({"content": {"body": "x", "color": "red"}}, {"content.color"}),
        ({"content": {"format": "rtf", "body": "nul\u0000"}}, {"content.format", "content.body"}),
        ({"content": {"body": ["x"]}}, {"content.body"}),
        ({"kind": "video", "content": {"url": "ftp://x", "sources": "x"}}, {"content.url", "content.sources"}),
        (
            {"kind": "video", "content": {"captions": [{"language": "!", "url": "/a"}]}},
            {"content.captions[0].language"},
        ),
        ({"kind": "video", "content": {"captions": [{"url": "/a"}]}}, {"content.captions[0]"}),
        ({"kind": "file", "content": {"url": "//evil", "name": "n" * 256}}, {"content.url", "content.name"}),
        ({"kind": "file", "content": {"size": -1}}, {"content.size"}),
        ({"kind": "link", "content": {"url": "javascript:1"}}, {"content.url"}),
        ({"kind": "quiz", "content": {"problems": [1]}}, {"content.problems"}),
        ({"kind": "text", "content": {"problems": []}}, {"content.problems"}),
        ({"completion_rule": {}}, {"completion_rule.kind"}),
        ({"completion_rule": {"kind": "passed"}}, {"completion_rule.kind"}),
        ({"completion_rule": {"kind": ["viewed"]}}, {"completion_rule.kind"}),
        ({"completion_rule": {"kind": "viewed", "seconds": 3}}, {"completion_rule.seconds"}),
        ({"completion_rule": {"kind": "min_seconds"}}, {"completion_rule.seconds"}),
        ({"completion_rule": {"kind": "min_seconds", "seconds": True}}, {"completion_rule.seconds"}),
        ({"completion_rule": {"kind": "watched_share", "percent": 50}}, {"completion_rule"}),
        (
            {"kind": "video", "duration_seconds": 60, "completion_rule": {"kind": "watched_share", "percent": 101}},
            {"completion_rule.percent"},
        ),
        ({"duration_seconds": 0, "title": "t" * 201}, {"duration_seconds", "title"}),
        ({"metadata": {"x": "\u0000"}}, {"metadata"}),
    ],
)
async def test_a_lesson_says_everything_that_is_wrong_with_it(
    school: School, lesson: dict[str, Any], fields: set[str]
) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=0)
    assert set(await teacher.problems("POST", f"/sections/{draft.section}/lessons", {"title": "x"} | lesson)) == fields


async def test_a_kind_changes_with_its_content(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=1)
    path = f"/lessons/{draft.lessons[0]}"
    problems = await teacher.problems("PATCH", path, {"kind": "video"})
    assert set(problems) == {"content.body", "content.format"}
    body = {"kind": "video", "content": {"url": "https://example.org/v.mp4"}, "duration_seconds": 90}
    assert (await teacher.json("PATCH", path, body))["kind"] == "video"
    rule = {"kind": "watched_share", "percent": 80}
    assert (await teacher.json("PATCH", path, {"completion_rule": rule}))["completion_rule"] == rule
    assert set(await teacher.problems("PATCH", path, {"duration_seconds": None})) == {"completion_rule"}


async def test_a_quiz_is_not_required_unless_that_is_said(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=0)
    made = [
        await teacher.json("POST", f"/sections/{draft.section}/lessons", {"title": "x"} | each)
        for each in ({"kind": "quiz"}, {"kind": "assignment"}, {"kind": "quiz", "required": True}, {})
    ]
    assert [lesson["required"] for lesson in made] == [False, False, True, True]


async def test_an_outline_is_rearranged_in_one_call(school: School) -> None:
    teacher = await school.teacher()
    draft = await a_draft(teacher, lessons=3)
    second = (await teacher.json("POST", f"/courses/{draft.id}/sections", {"title": "Summer"}))["id"]
    path, (a, b, c) = f"/courses/{draft.id}/outline", draft.lessons
    version = (await teacher.json("GET", f"/courses/{draft.id}"))["version"]
    body = {"sections": [{"id": second, "lessons": [c, a]}, {"id": draft.section, "lessons": [b]}]}
    answer = await teacher.ask("PUT", path, body, headers={"If-Match": f'"{version}"'})
    assert (answer.status_code, tagged(answer)) == (200, version + 1)
    order = [(s["id"], [x["id"] for x in s["lessons"]]) for s in answer.json()["data"]["sections"]]
    assert order == [(second, [c, a]), (draft.section, [b])]
    assert await teacher.refused("PUT", path, body, headers={"If-Match": f'"{version}"'}) == (412, "outdated")
    same = await teacher.ask("PUT", path, body)
    assert tagged(same) == version + 1
    assert (await teacher.json("GET", f"/lessons/{c}"))["section_id"] == second


async def test_an_order_names_everything_exactly_once(school: School) -> None:
    teacher = await school.teacher()
    draft, other = await a_draft(teacher, lessons=2), await a_draft(teacher, lessons=1)
    body = {
        "sections": [
            {"id": draft.section, "lessons": [draft.lessons[0], draft.lessons[0], other.lessons[0]]},
            {"id": other.section, "lessons": []},
            {"id": draft.section, "lessons": []},
        ]
    }
    problems = await teacher.problems("PUT", f"/courses/{draft.id}/outline", body)
    assert set(problems) == {
        "sections[0].id", "sections[1].id", "sections[2].id", "sections[0].lessons[0]", "sections[0].lessons[1]",
        "sections[0].lessons[2]", "sections",
    }  # fmt: skip
    assert draft.lessons[1] in problems["sections"]
