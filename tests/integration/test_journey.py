"""The main job, end to end: a real course is imported, and a learner goes from registration to 100 %."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services

COURSE = Path(__file__).parents[3] / "shared" / "courses" / "openedx-demo-course.tar.gz"
needs_course = pytest.mark.skipif(not COURSE.exists(), reason=f"needs the Open edX demo course at {COURSE.name}")
PASSWORD = "a password of some length"


class Client:
    """One person at the API."""

    def __init__(self, http: httpx.AsyncClient, token: str | None = None) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def send(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        answer = await self._http.request(method, f"/api/v1{path}", headers=self._headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def sign_in(self, email: str) -> "Client":
        body = {"email": email, "password": PASSWORD}
        tokens = (await self.send("POST", "/auth/login", json=body))["data"]
        assert (tokens["token_type"], tokens["expires_in"]) == ("bearer", 900)
        return Client(self._http, tokens["access_token"])


@pytest.fixture
async def visitor(client: httpx.AsyncClient) -> Client:
    return Client(client)


@pytest.fixture
async def admin(visitor: Client, services: Services) -> Client:
    await services.accounts.create(
        services.run, email="admin@example.org", full_name="Ada", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    return await visitor.sign_in("admin@example.org")


async def imported(admin: Client) -> dict[str, Any]:
    with COURSE.open("rb") as file:
        files = {"file": ("course.tar.gz", file, "application/gzip")}
        answer = await admin.send("POST", "/courses/import", status=201, files=files)
    report: dict[str, Any] = answer["data"]
    return report


@needs_course
async def test_a_learner_goes_through_a_real_course_from_registration_to_the_end(
    visitor: Client, admin: Client, background: Background, client: httpx.AsyncClient
) -> None:
    report = await imported(admin)
    assert (report["sections"], report["created"]) == (6, True)
    await admin.send("POST", f"/courses/{report['course_id']}/publish", status=201)

    body = {"email": "Lea@Example.org", "password": PASSWORD, "full_name": "Lea Learner"}
    made = (await visitor.send("POST", "/auth/register", status=201, json=body))["data"]
    assert made == {"email": "lea@example.org", "full_name": "Lea Learner", "verified_only": False}
    learner = await visitor.sign_in("lea@example.org")
    user = (await learner.send("GET", "/me"))["data"]
    assert user["roles"] == ["student"]
    assert "hash" not in json.dumps(user)

    found = (await visitor.send("GET", "/courses?search=open+edx"))["data"]
    assert [course["id"] for course in found] == [report["course_id"]]
    enrollment = (await learner.send("POST", f"/courses/{report['course_id']}/enrollments", status=201))["data"]

    outline = (await learner.send("GET", f"/courses/{report['course_id']}/outline"))["data"]
    lessons = [lesson for section in outline["sections"] for lesson in section["lessons"]]
    assert len(lessons) == sum(report["lesson_kinds"].values())
    await see_a_picture(learner, client, lessons)
    for lesson in lessons:
        await learner.send("GET", f"/lessons/{lesson['id']}")
        path = f"/enrollments/{enrollment['id']}/lessons/{lesson['id']}/progress"
        progress = (await learner.send("PUT", path, json={"viewed": True}))["data"]

    assert (progress["progress_percent"], progress["status"]) == (100, "completed")
    mine = (await learner.send("GET", "/me/enrollments?status=completed"))["data"]
    assert [(line["status"], line["progress_percent"]) for line in mine] == [("completed", 100)]
    await background.drain()
    roster = await admin.send("GET", f"/courses/{report['course_id']}/enrollments")
    assert roster["data"][0]["progress_percent"] == 100


async def see_a_picture(learner: Client, client: httpx.AsyncClient, lessons: list[dict[str, Any]]) -> None:
    """Pictures of imported lessons are served by us, and what is served cannot run."""
    for lesson in lessons:
        content = (await learner.send("GET", f"/lessons/{lesson['id']}"))["data"]["content"]
        if '<img src="/api/v1/assets/' in content.get("html", ""):
            address = content["html"].partition('<img src="')[2].partition('"')[0]
            answer = await client.get(address)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("image/")
            assert "sandbox" in answer.headers["content-security-policy"]
            return
    raise AssertionError("no lesson shows a picture")


@needs_course
async def test_no_answer_of_a_problem_reaches_a_learner(visitor: Client, admin: Client) -> None:
    report = await imported(admin)
    await admin.send("POST", f"/courses/{report['course_id']}/publish", status=201)
    body = {"email": "lea@example.org", "password": PASSWORD, "full_name": "Lea Learner"}
    await visitor.send("POST", "/auth/register", status=201, json=body)
    learner = await visitor.sign_in("lea@example.org")
    await learner.send("POST", f"/courses/{report['course_id']}/enrollments", status=201)
    outline = (await learner.send("GET", f"/courses/{report['course_id']}/outline"))["data"]
    quizzes = [x for section in outline["sections"] for x in section["lessons"] if x["kind"] == "quiz"]
    assert len(quizzes) == report["lesson_kinds"]["quiz"]
    for quiz in quizzes:
        content = (await learner.send("GET", f"/lessons/{quiz['id']}"))["data"]["content"]
        assert set(content) == {"html", "problem_count"}
        assert content["problem_count"] > 0


@needs_course
async def test_importing_again_updates_the_draft_and_changes_nothing(admin: Client) -> None:
    first = await imported(admin)
    again = await imported(admin)
    assert (again["course_id"], again["created"]) == (first["course_id"], False)
    assert again["lessons"] == {"added": 0, "updated": 0, "unchanged": first["lessons"]["added"], "removed": 0}
    published = await admin.send("POST", f"/courses/{first['course_id']}/publish", status=201)
    assert published["data"]["number"] == 1
    await imported(admin)
    same = await admin.send("POST", f"/courses/{first['course_id']}/publish")
    assert same["data"]["number"] == 1


@needs_course
async def test_what_is_exported_is_imported_and_exported_identical(admin: Client, client: httpx.AsyncClient) -> None:
    report = await imported(admin)
    export = f"/api/v1/courses/{report['course_id']}/export"
    first = await client.get(export, headers=admin._headers)
    assert first.headers["content-type"] == "application/zip"
    files = {"file": ("course.zip", first.content, "application/zip")}
    again = (await admin.send("POST", "/courses/import", status=201, files=files))["data"]
    assert again["lessons"]["unchanged"] == report["lessons"]["added"]
    assert (await client.get(export, headers=admin._headers)).content == first.content


@needs_course
async def test_an_archive_arrives_identical_in_another_organization(admin: Client, client: httpx.AsyncClient) -> None:
    report = await imported(admin)
    first = await client.get(f"/api/v1/courses/{report['course_id']}/export", headers=admin._headers)
    place = (await admin.send("POST", "/organizations", status=201, json={"name": "Elsewhere"}))["data"]["id"]
    files = {"file": ("course.zip", first.content, "application/zip")}
    path = f"/courses/import?organization_id={place}"
    there = (await admin.send("POST", path, status=201, files=files))["data"]
    assert there["created"] is True
    second = await client.get(f"/api/v1/courses/{there['course_id']}/export", headers=admin._headers)
    assert second.content == first.content
