"""Whoever has an answer already, and says so, gets 304: on every route that answers an ETag."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.authorization.world import a_job
from tests.integration.school import LONG_AGO, Drafted, Person, School, a_published_course, tagged
from tests.integration.served import described

from lms_adapters.postgres.courses_tables import assets, blobs
from lms_adapters.security.seals import HmacSeals
from lms_entrypoints.services import Services
from lms_entrypoints.settings import DEVELOPMENT_KEY

KEY = "0123456789abcdef0123456789abcdef"
READS = {path: item["get"] for path, item in described()["paths"].items() if "get" in item}
TAGGED = [path for path, operation in READS.items() if "304" in operation["responses"]]


@dataclass(frozen=True, kw_only=True)
class Everything:
    """One of each kind, and who may read all of it; `ids` by the names of parameters."""

    root: Person
    teacher: Person
    learner: Person
    course: Drafted
    ids: Mapping[str, str]

    async def read(self, path: str, **headers: str) -> httpx.Response:
        """By the admin, but for what is the learner's alone."""
        reader = self.learner if "enrollment" in path else self.root
        plain = re.sub(r"{(\w+)}", lambda match: self.ids[match[1]], path)
        return await reader.client.get(plain, headers={name.replace("_", "-"): v for name, v in headers.items()})


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def everything(school: School, engine: AsyncEngine) -> Everything:
    root, teacher, learner = await school.admin(), await school.teacher(), await school.learner()
    organization = await school.organization(student=learner)
    course = await a_published_course(teacher, lessons=5, seats=9)
    await teacher.json("PATCH", f"/courses/{course.id}", {"title": "Keeping more bees"})
    await teacher.json("POST", f"/courses/{course.id}/publish")
    await teacher.json("PUT", f"/courses/{course.id}/staff/{learner.id}", {"role": "assistant"})
    enrollment = await learner.json("POST", f"/courses/{course.id}/enrollments")
    lessons = f"/enrollments/{enrollment['id']}/lessons"
    await learner.json("PUT", f"{lessons}/{course.lessons[0]}/progress", {"viewed": True})
    review = await learner.json("POST", f"/courses/{course.id}/reviews", {"rating": 5})
    announced = await teacher.json("POST", f"/courses/{course.id}/announcements", {"title": "Bees", "body": "Buzz."})
    await add_asset(engine)
    erased = await root.json("POST", f"/users/{(await school.learner()).id}/erase")
    hook = {"url": "https://example.org/hooks", "kinds": ["*"]}
    webhook = (await root.json("POST", f"/organizations/{organization}/webhooks", hook))["webhook"]["id"]
    tested = await root.json("POST", f"/organizations/{organization}/webhooks/{webhook}/test")
    ids = {
        "webhook_id": webhook,
        "delivery_id": tested["id"],
        "course_id": course.id,
        "slug": "keeping-bees",
        "lesson_id": course.lessons[0],
        "enrollment_id": enrollment["id"],
        "review_id": review["id"],
        "organization_id": str(organization),
        "user_id": str(learner.id),
        "key": KEY,
        "name": "bee.png",
        "job_id": await a_job(engine, root.id, enrollment["id"]),
        "receipt": erased["receipt"],
        "announcement_id": announced["id"],
        "what": "inactive",
        "token": HmacSeals(DEVELOPMENT_KEY).seal("unsubscribe:inactive", learner.id),
        "number": "1",
        "queue": "emails",
        "before": "1",
        "after": "2",
    }
    return Everything(root=root, teacher=teacher, learner=learner, course=course, ids=ids)


async def add_asset(engine: AsyncEngine) -> None:
    file: dict[str, Any] = {"sha256": b"x" * 32, "size": 3}
    about = {"key": KEY, "organization_id": "00000000-0000-0000-0000-000000000001", "name": "bee.png"}
    async with engine.begin() as conn:
        await conn.execute(insert(blobs), file | {"data": b"bee"})
        await conn.execute(insert(assets), file | about | {"media_type": "image/png", "created_at": LONG_AGO})


def test_all_kinds_of_single_resources_answer_a_tag() -> None:
    kinds = [
        "users",
        "me",
        "organizations",
        "members",
        "courses",
        "outline",
        "sections",
        "lessons",
        "reviews",
        "assets",
    ]
    for kind in [*kinds, "enrollments"]:
        assert any(kind in path for path in TAGGED), kind


@pytest.mark.parametrize("path", TAGGED)
async def test_an_answer_that_is_known_is_not_sent_again(everything: Everything, path: str) -> None:
    whole = await everything.read(path)
    assert (whole.status_code, bool(whole.content)) == (200, True), whole.text
    etag = whole.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await everything.read(path, if_none_match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), known
        assert "content-type" not in again.headers
        assert again.headers.get("cache-control") == whole.headers.get("cache-control")
        assert "x-request-id" in again.headers
    for other in ('"other"', etag.strip('"'), etag.replace('"', '"x', 1)):
        again = await everything.read(path, if_none_match=other)
        assert (again.status_code, again.content) == (200, whole.content), other


@pytest.mark.parametrize("path", sorted(set(READS) - set(TAGGED)))
async def test_what_promises_no_tag_answers_none(everything: Everything, path: str) -> None:
    answer = await everything.read(path, if_none_match="*")
    assert answer.status_code == 200, answer.text
    assert "etag" not in answer.headers


async def test_a_refusal_is_no_304(everything: Everything, school: School) -> None:
    path = f"/api/v1/organizations/{everything.ids['organization_id']}"
    etag = (await everything.root.client.get(path)).headers["etag"]
    for reader, status in ((school.stranger(), 401), (everything.teacher, 404)):
        for known in (etag, "*"):
            assert (await reader.client.get(path, headers={"If-None-Match": known})).status_code == status


async def test_what_has_no_part_in_the_version_has_one_in_the_tag(everything: Everything, school: School) -> None:
    """A learner's progress, and the seats that are left: the course itself has not changed."""
    course, learner = everything.course, everything.learner
    before = {
        path: await learner.ask("GET", path) for path in (f"/courses/{course.id}", f"/courses/{course.id}/outline")
    }
    enrollment = everything.ids["enrollment_id"]
    await learner.json("PUT", f"/enrollments/{enrollment}/lessons/{course.lessons[1]}/progress", {"viewed": True})
    await (await school.learner()).json("POST", f"/courses/{course.id}/enrollments")
    for path, old in before.items():
        new = await learner.ask("GET", path, headers={"If-None-Match": old.headers["etag"]})
        assert (new.status_code, tagged(new)) == (200, tagged(old)), path
        assert new.json() != old.json()


async def test_a_change_is_not_refused_because_somebody_enrolled(everything: Everything, school: School) -> None:
    path = f"/courses/{everything.course.id}"
    etag = (await everything.teacher.ask("GET", path)).headers["etag"]
    await (await school.learner()).json("POST", f"{path}/enrollments")
    await everything.teacher.json("PATCH", path, {"title": "Even more bees"}, headers={"If-Match": etag})
    stale = await everything.teacher.refused("PATCH", path, {"title": "x"}, headers={"If-Match": etag})
    assert stale == (412, "outdated")


async def test_what_a_change_answers_is_known_afterwards(everything: Everything) -> None:
    path = f"/courses/{everything.course.id}"
    changed = await everything.teacher.ask("PATCH", path, {"summary": "Of bees"})
    again = await everything.teacher.ask("GET", path, headers={"If-None-Match": changed.headers["etag"]})
    assert again.status_code == 304
