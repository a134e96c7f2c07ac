"""Making, describing and deleting courses over HTTP."""

from typing import Any
from uuid import uuid4

import pytest
from tests.integration.school import School, a_draft, a_published_course, tagged


async def test_a_title_is_enough(school: School) -> None:
    teacher = await school.teacher()
    answer = await teacher.ask("POST", "/courses", {"title": "  Ökologie   für alle! "})
    course = answer.json()["data"]
    assert answer.status_code == 201
    assert (course["title"], course["slug"], course["status"]) == ("Ökologie für alle!", "okologie-fur-alle", "draft")
    assert (course["price"], course["revision"], course["lesson_count"], course["version"]) == (None, None, 0, 1)
    assert [each["id"] for each in course["instructors"]] == [str(teacher.id)]
    assert tagged(answer) == 1


async def test_everything_can_be_said_at_once_and_comes_back(school: School) -> None:
    teacher = await school.teacher()
    first = await teacher.json("POST", "/courses", {"title": "Flowers"})
    given: dict[str, Any] = {
        "title": "Bees",
        "slug": "bees",
        "summary": "A year",
        "description": "## Hive\n\n<script>alert(1)</script>",
        "language": "pt-br",
        "level": "beginner",
        "category": "Nature & Garden",
        "tags": ["Bees", "bees", " Honey "],
        "objectives": ["Read a comb"],
        "requirements": ["A garden"],
        "estimated_minutes": 240,
        "thumbnail": "https://example.org/b.png",
        "price": {"amount": 4900, "currency": "eur"},
        "visibility": "members",
        "seats": 25,
        "enrollment_opens_at": "2030-03-01T08:00:00+01:00",
        "enrollment_closes_at": "2030-04-01T08:00:00Z",
        "access_days": 365,
        "prerequisite_ids": [first["id"]],
        "metadata": {"season": {"name": "spring"}},
    }
    made = await teacher.json("POST", "/courses", given)
    expected = given | {
        "language": "pt-BR",
        "category": "nature-garden",
        "tags": ["bees", "honey"],
        "price": {"amount": 4900, "currency": "EUR"},
        "enrollment_opens_at": "2030-03-01T07:00:00Z",
        "seats_left": 25,
    }
    course = await teacher.json("GET", f"/courses/{made['id']}")
    assert course == made
    assert {name: course[name] for name in expected} == expected
    assert "<script" not in course["description_html"]
    assert (await teacher.json("GET", "/courses/slug/bees"))["id"] == made["id"]


async def test_every_problem_is_named_at_once(school: School) -> None:
    teacher = await school.teacher()
    wrong = {
        "title": " ",
        "slug": "Not A Slug",
        "summary": "x" * 501,
        "description": "nul\u0000",
        "language": "english please",
        "category": "c" * 61,
        "tags": [f"t{n}" for n in range(21)],
        "objectives": ["x" * 301],
        "estimated_minutes": 0,
        "thumbnail": "javascript:alert(1)",
        "price": {"amount": -1, "currency": "XXX"},
        "seats": 0,
        "enrollment_opens_at": "2030-03-01T08:00:00",
        "access_days": 0,
        "prerequisite_ids": [str(uuid4())],
        "metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}},
    }
    problems = await teacher.problems("POST", "/courses", wrong)
    assert set(problems) == {
        "title", "slug", "summary", "description", "language", "category", "tags", "objectives[0]",
        "estimated_minutes", "thumbnail", "price.currency", "price.amount", "seats", "enrollment_opens_at",
        "access_days", "prerequisite_ids[0]", "metadata",
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": None},
        {"title": 3},
        {"title": "x", "colour": "red"},
        {"title": "x", "level": "wizard"},
        {"title": "x", "price": {"amount": 1.5, "currency": "EUR"}},
        {"title": "x", "price": {"amount": 1, "currency": "EUR", "tax": 2}},
        {"title": "x", "metadata": []},
        {"title": "x", "metadata": {"\u0000": 1}},
        {"title": "x", "metadata": {"n": 10**30}},
        {"title": "x", "metadata": {"big": "x" * 17_000}},
        {"title": "x", "prerequisite_ids": ["bees"]},
        {"title": "x", "enrollment_opens_at": "0001-01-01T00:00:00+14:00"},
        {"title": "x", "enrollment_closes_at": "9999-12-31T23:59:59-14:00"},
        {"title": "x", "seats": 10**12},
    ],
)
async def test_what_is_no_course_is_refused_with_the_field(school: School, body: dict[str, Any]) -> None:
    teacher = await school.teacher()
    assert (await teacher.ask("POST", "/courses", body)).status_code == 422


async def test_a_body_that_is_not_text_is_refused(school: School) -> None:
    teacher = await school.teacher()
    for raw in (
        b'{"title": "\\ud800"}',
        b'{"title": "\xff"}',
        b'{"title": ',
        b"[" * 5000,
        b'{"title":"x","seats":1e400}',
    ):
        answer = await teacher.client.post("/api/v1/courses", content=raw, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, answer.text


async def test_a_slug_that_is_taken_gets_a_suffix_unless_it_was_wished_for(school: School) -> None:
    teacher = await school.teacher()
    slugs = [(await teacher.json("POST", "/courses", {"title": "Bees"}))["slug"] for _ in range(4)]
    assert slugs[:3] == ["bees", "bees-2", "bees-3"]
    assert slugs[3].startswith("bees-")
    assert await teacher.refused("POST", "/courses", {"title": "x", "slug": "bees"}) == (409, "slug_taken")
    other = await teacher.json("POST", "/courses", {"title": "日本語"})
    assert other["slug"] == "course"
    assert await teacher.refused("PATCH", f"/courses/{other['id']}", {"slug": "bees"}) == (409, "slug_taken")


async def test_a_price_of_nothing_is_free(school: School) -> None:
    teacher = await school.teacher()
    course = await teacher.json("POST", "/courses", {"title": "x", "price": {"amount": 0, "currency": "EUR"}})
    assert course["price"] is None


async def test_a_change_says_which_version_it_is_about(school: School) -> None:
    teacher = await school.teacher()
    course = await teacher.json("POST", "/courses", {"title": "Bees"})
    path = f"/courses/{course['id']}"
    changed = await teacher.ask("PATCH", path, {"summary": "A"}, headers={"If-Match": '"1"'})
    assert (changed.status_code, tagged(changed)) == (200, 2)
    assert await teacher.refused("PATCH", path, {"summary": "B"}, headers={"If-Match": '"1"'}) == (412, "outdated")
    same = await teacher.ask("PATCH", path, {"summary": "A"}, headers={"If-Match": '"2"'})
    assert tagged(same) == 2
    assert await teacher.refused("DELETE", path, headers={"If-Match": '"1"'}) == (412, "outdated")


async def test_null_takes_away_and_absence_leaves(school: School) -> None:
    teacher = await school.teacher()
    price = {"amount": 100, "currency": "USD"}
    course = await teacher.json("POST", "/courses", {"title": "x", "seats": 5, "category": "art", "price": price})
    changed = await teacher.json("PATCH", f"/courses/{course['id']}", {"seats": None, "category": None})
    assert (changed["seats"], changed["category"], changed["price"]) == (None, None, price)
    assert (await teacher.ask("PATCH", f"/courses/{course['id']}", {"title": None})).status_code == 422


async def test_the_enrollment_window_is_looked_at_as_it_will_be(school: School) -> None:
    teacher = await school.teacher()
    course = await teacher.json("POST", "/courses", {"title": "x", "enrollment_opens_at": "2030-03-01T08:00:00Z"})
    body = {"enrollment_closes_at": "2030-03-01T08:00:00Z"}
    assert set(await teacher.problems("PATCH", f"/courses/{course['id']}", body)) == {"enrollment_closes_at"}


async def test_settings_are_in_effect_at_once_and_descriptions_wait(school: School) -> None:
    teacher, stranger = await school.teacher(), school.stranger()
    course = await a_published_course(teacher)
    await teacher.json("PATCH", f"/courses/{course.id}", {"title": "New", "seats": 7})
    seen, drafted = [await who.json("GET", f"/courses/{course.id}") for who in (stranger, teacher)]
    assert (seen["title"], seen["seats"], seen["state"]) == ("Keeping bees", 7, "published")
    assert (drafted["title"], drafted["seats"], drafted["state"]) == ("New", 7, "draft")


async def test_prerequisites_make_no_circle_and_stay_in_the_organization(school: School) -> None:
    teacher, other = await school.teacher(), await school.teacher()
    first, second, third = [await teacher.json("POST", "/courses", {"title": t}) for t in ("A", "B", "C")]
    elsewhere = await school.organization(instructor=other)
    foreign = await other.json("POST", "/courses", {"title": "F", "organization_id": str(elsewhere)})

    async def build(course: Any, *on: Any) -> dict[str, str]:
        body = {"prerequisite_ids": [each["id"] for each in on]}
        answer = await teacher.ask("PATCH", f"/courses/{course['id']}", body)
        problems = [] if answer.is_success else answer.json()["error"]["details"]["problems"]
        return {p["field"]: p["rule"] for p in problems}

    assert await build(second, first) == {}
    assert await build(third, second) == {}
    assert set(await build(first, third)) == {"prerequisite_ids"}
    assert set(await build(first, first)) == {"prerequisite_ids"}
    assert set(await build(first, foreign)) == {"prerequisite_ids[0]"}


async def test_a_draft_of_others_is_no_prerequisite_and_one_that_was_stays(school: School) -> None:
    teacher, other = await school.teacher(), await school.teacher()
    mine = await teacher.json("POST", "/courses", {"title": "Mine"})
    theirs = await a_published_course(other)
    draft = await other.json("POST", "/courses", {"title": "Theirs"})
    refused = await teacher.problems("PATCH", f"/courses/{mine['id']}", {"prerequisite_ids": [draft["id"]]})
    assert refused == {"prerequisite_ids[0]": "no such course in this organization"}
    assert set(await teacher.problems("POST", "/courses", {"title": "x", "prerequisite_ids": [draft["id"]]})) == {
        "prerequisite_ids[0]"
    }
    both = {"prerequisite_ids": [str(theirs.id)]}
    await teacher.json("PATCH", f"/courses/{mine['id']}", both)
    await other.json("POST", f"/courses/{theirs.id}/unpublish")
    await teacher.json("PATCH", f"/courses/{mine['id']}", both | {"seats": 3})


async def test_a_prerequisite_out_of_sight_is_named_by_its_id_alone(school: School) -> None:
    teacher = await school.teacher()
    first, second = await a_published_course(teacher), await a_published_course(teacher)
    await teacher.json("PATCH", f"/courses/{second.id}", {"prerequisite_ids": [str(first.id)]})
    for away in ("unpublish", "archive"):
        await teacher.json("POST", f"/courses/{first.id}/{away}")
        learner = await school.learner()
        answer = await learner.ask("POST", f"/courses/{second.id}/enrollments")
        assert answer.status_code == 409
        [missing] = answer.json()["error"]["details"]["missing"]
        assert missing == {"course_id": str(first.id), "slug": None, "title": None}
        who = (await learner.json("GET", "/me"))["id"]
        put = await teacher.ask("POST", f"/courses/{second.id}/enrollments/staff", {"user_id": who})
        assert put.status_code == 201


async def test_a_deleted_course_is_gone_for_everybody_until_it_is_restored(school: School) -> None:
    teacher, stranger = await school.teacher(), school.stranger()
    course = await a_published_course(teacher)
    path = f"/courses/{course.id}"
    assert (await teacher.ask("DELETE", path)).status_code == 204
    for who in (teacher, stranger):
        assert await who.refused("GET", path) == (404, "not_found")
        assert await who.refused("GET", f"{path}/outline") == (404, "not_found")
        assert await who.refused("GET", f"/lessons/{course.lessons[0]}") == (404, "not_found")
    assert await teacher.refused("DELETE", path) == (404, "not_found")
    assert await teacher.refused("PATCH", path, {"title": "x"}) == (404, "not_found")
    assert await teacher.refused("POST", f"{path}/publish") == (404, "not_found")
    assert (await school.stranger().ask("POST", f"{path}/restore")).status_code == 401

    assert (await teacher.json("POST", f"{path}/restore"))["status"] == "published"
    assert (await stranger.json("GET", path))["revision"] == 1


async def test_a_copy_is_a_course_of_its_own(school: School) -> None:
    teacher, helper = await school.teacher(), await school.teacher()
    original = await a_published_course(teacher, lessons=3, price={"amount": 100, "currency": "EUR"})
    await teacher.json("PUT", f"/courses/{original.id}/staff/{helper.id}", {"role": "instructor"})
    copy = await helper.json("POST", f"/courses/{original.id}/duplicate", {"title": "Wasps"})
    assert (copy["title"], copy["slug"], copy["status"], copy["revision"]) == ("Wasps", "wasps", "draft", None)
    assert (copy["lesson_count"], copy["price"]["amount"]) == (3, 100)
    assert [each["id"] for each in copy["instructors"]] == [str(helper.id)]
    outline = await helper.json("GET", f"/courses/{copy['id']}/sections")
    copied = [lesson["id"] for lesson in outline["sections"][0]["lessons"]]
    assert not set(copied) & set(original.lessons)
    assert await teacher.refused("GET", f"/courses/{copy['id']}") == (404, "not_found")
    lesson = await helper.json("GET", f"/lessons/{copied[0]}")
    assert lesson["content"]["body"] == "Open the *hive*."


async def test_who_may_create_where(school: School) -> None:
    teacher, learner, admin = await school.teacher(), await school.learner(), await school.admin()
    boss, member = await school.learner(), await school.learner()
    place = str(await school.organization(admin=boss, student=member))
    there = {"title": "x", "organization_id": place}
    assert await learner.refused("POST", "/courses", {"title": "x"}) == (403, "forbidden")
    assert (await school.stranger().ask("POST", "/courses", {"title": "x"})).status_code == 401
    assert await teacher.refused("POST", "/courses", there) == (404, "not_found")
    assert await member.refused("POST", "/courses", there) == (403, "forbidden")
    assert (await boss.json("POST", "/courses", there))["organization_id"] == place
    assert (await admin.json("POST", "/courses", there))["organization_id"] == place
    nowhere = {"title": "x", "organization_id": str(uuid4())}
    assert await admin.refused("POST", "/courses", nowhere) == (404, "not_found")


async def test_who_may_not_see_a_draft_does_not_know_of_it(school: School) -> None:
    teacher, other = await school.teacher(), await school.teacher()
    draft = await a_draft(teacher)
    attempts: list[tuple[str, str, Any]] = [
        ("GET", f"/courses/{draft.id}", None),
        ("PATCH", f"/courses/{draft.id}", {"title": "x"}),
        ("DELETE", f"/courses/{draft.id}", None),
        ("POST", f"/courses/{draft.id}/restore", None),
        ("POST", f"/courses/{draft.id}/duplicate", None),
        ("POST", f"/courses/{draft.id}/publish", None),
        ("POST", f"/courses/{draft.id}/unpublish", None),
        ("POST", f"/courses/{draft.id}/archive", None),
        ("POST", f"/courses/{draft.id}/sections", {"title": "x"}),
        ("GET", f"/courses/{draft.id}/sections", None),
        ("GET", f"/courses/{draft.id}/outline", None),
        ("PUT", f"/courses/{draft.id}/outline", {"sections": []}),
        ("GET", f"/courses/{draft.id}/revisions", None),
        ("GET", f"/courses/{draft.id}/revisions/1", None),
        ("GET", f"/courses/{draft.id}/revisions/1/diff/2", None),
        ("POST", f"/courses/{draft.id}/revisions/1/restore", None),
        ("GET", f"/courses/{draft.id}/staff", None),
        ("PUT", f"/courses/{draft.id}/staff/{other.id}", {"role": "owner"}),
        ("DELETE", f"/courses/{draft.id}/staff/{teacher.id}", None),
        ("DELETE", f"/courses/{draft.id}/staff/{other.id}", None),
        ("PATCH", f"/sections/{draft.section}", {"title": "x"}),
        ("DELETE", f"/sections/{draft.section}", None),
        ("POST", f"/sections/{draft.section}/restore", None),
        ("POST", f"/sections/{draft.section}/lessons", {"title": "x"}),
        ("GET", f"/lessons/{draft.lessons[0]}", None),
        ("PATCH", f"/lessons/{draft.lessons[0]}", {"title": "x"}),
        ("DELETE", f"/lessons/{draft.lessons[0]}", None),
        ("POST", f"/lessons/{draft.lessons[0]}/restore", None),
    ]
    for method, path, body in attempts:
        assert await other.refused(method, path, body) == (404, "not_found"), (method, path)
    published = await a_published_course(teacher)
    for method, path, body in attempts:
        seen = path.replace(draft.id, published.id).replace(draft.section, published.section)
        seen = seen.replace(draft.lessons[0], published.lessons[0])
        theirs_to_see = method == "GET" and seen.endswith((published.id, "/outline"))
        if not theirs_to_see and not (method == "DELETE" and seen.endswith(f"/staff/{other.id}")):
            assert (await other.refused(method, seen, body))[0] == 403, (method, seen)


async def test_odd_addresses_are_not_found(school: School) -> None:
    teacher = await school.teacher()
    course = await a_published_course(teacher)
    for path in (
        "/courses/slug/%00", "/courses/slug/Bees", "/courses/slug/%ff", f"/courses/{uuid4()}", "/courses/bees",
        f"/courses/{course.id}/revisions/99999999999999999999", f"/courses/{course.id}/revisions/0",
        f"/courses/{course.id}/revisions/-1", f"/courses/{course.id}/revisions/1/diff/2", f"/lessons/{uuid4()}",
    ):  # fmt: skip
        assert (await teacher.ask("GET", path)).status_code == 404, path
