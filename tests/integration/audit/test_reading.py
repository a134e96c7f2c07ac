"""Admins read the trail: filtered, page by page, their own organization's or all of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Person, School

from lms_domain.kernel import new_id
from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


async def change_roles(root: Person, who: Person, *roles: str, request_id: str = "") -> None:
    headers = {"X-Request-ID": request_id} if request_id else {}
    await root.json("PATCH", f"/users/{who.id}", {"roles": list(roles)}, headers=headers)


async def test_an_entry_says_who_what_on_what_before_and_after_and_from_where(school: School) -> None:
    root, ben = await school.admin(), await school.learner()
    await change_roles(root, ben, "instructor", request_id="my-request")
    (line,) = await root.json("GET", f"/audit?target_id={ben.id}&action=user.roles_changed")
    assert (line["actor_id"], line["target_kind"], line["target_id"]) == (str(root.id), "user", str(ben.id))
    assert (line["before"], line["after"]) == ({"roles": ["student"]}, {"roles": ["instructor"]})
    assert (line["request_id"], line["ip"], line["via"]) == ("my-request", "127.0.0.1", "http")
    assert line["session_id"] is not None
    assert (line["acting_for_id"], line["api_token_id"], line["operator"]) == (None, None, None)
    assert len(line["hash"]) == 64


async def test_what_an_api_token_does_names_the_token(school: School) -> None:
    ada, root = await school.learner(), await school.admin()
    made = await ada.json("POST", "/me/api-tokens", {"name": "Report", "scopes": ["account:write"]})
    headers = {"Authorization": f"Bearer {made['token']}"}
    await ada.json("PATCH", "/me", {"locale": "de"}, headers=headers)
    (line,) = await root.json("GET", f"/audit?target_id={ada.id}&action=user.changed")
    assert (line["api_token_id"], line["session_id"]) == (made["api_token"]["id"], None)
    assert (line["actor_id"], line["after"]) == (str(ada.id), {"locale": "de"})


async def test_it_is_filtered_by_each_of_its_fields(school: School) -> None:
    root, other, ben = await school.admin(), await school.admin(), await school.learner()
    start = int((await root.json("GET", "/audit?page_size=1") or [{"seq": 0}])[0]["seq"])
    await change_roles(root, ben, "instructor", request_id=f"r{new_id()}")
    await change_roles(other, ben, "student")
    first, second = reversed((await root.json("GET", f"/audit?target_id={ben.id}"))[:2])
    assert start < first["seq"] < second["seq"]
    for name in ("actor_id", "session_id", "request_id"):
        assert await root.json("GET", f"/audit?{urlencode({name: first[name]})}") == [first]
    both = {"target_id": str(ben.id)}
    later = {"since": second["at"]}
    earlier = {"until": second["at"]}
    assert await root.json("GET", f"/audit?{urlencode(both | later)}") == [second]
    assert await root.json("GET", f"/audit?{urlencode(both | earlier)}") == [first]
    moment = datetime.fromisoformat(second["at"]) + timedelta(seconds=1)
    assert await root.json("GET", f"/audit?{urlencode(both | {'since': moment.isoformat()})}") == []
    kinds = {"target_kind": "user", "action": "user.roles_changed", "ip": "127.0.0.1"}
    assert await root.json("GET", f"/audit?{urlencode(both | kinds)}") == [second, first]
    assert await root.json("GET", f"/audit?{urlencode(both | {'target_kind': 'course'})}") == []
    assert await root.json("GET", f"/audit?{urlencode(both | {'ip': '192.0.2.1'})}") == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("action=nothing", "action"),
        ("target_kind=moon", "target_kind"),
        ("since=2030-01-01T00:00:00", "since"),
        ("until=tomorrow", "until"),
        ("actor_id=me", "actor_id"),
        ("who=me", "who"),
        ("cursor=zzz", "cursor"),
    ],
)
async def test_a_bad_filter_is_named(school: School, query: str, field: str) -> None:
    assert list(await (await school.admin()).problems("GET", f"/audit?{query}")) == [field]


async def test_it_is_read_to_its_end_by_cursor_in_two_statements_a_page(
    school: School, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    root, ben = await school.admin(), await school.learner()
    for n in range(5):
        await change_roles(root, ben, "instructor" if n % 2 == 0 else "student")
    path = f"/audit?target_id={ben.id}&action=user.roles_changed"
    whole, read, cursor = await root.json("GET", path), [], ""
    while True:
        with count_queries() as statements:
            answer = (await root.ask("GET", f"{path}&page_size=2{cursor}")).json()
        assert len(statements) == 2
        assert answer["meta"]["total"] == 5
        read += answer["data"]
        if "next_cursor" not in answer["meta"]:
            break
        cursor = f"&cursor={answer['meta']['next_cursor']}"
    assert read == whole
    assert list(await root.problems("GET", f"/audit?page_size=2{cursor}")) == ["cursor"]


async def test_admins_of_an_organization_read_what_was_done_in_it_and_nothing_else(school: School) -> None:
    root, boss, teacher, elsewhere = [await school.admin(), *[await school.learner() for _ in range(3)]]
    id = await school.organization(admin=boss, instructor=teacher)
    other = await school.organization(admin=elsewhere)
    await elsewhere.json("PATCH", f"/organizations/{other}", {"name": "Wasps"})
    course = await teacher.json("POST", "/courses", {"title": "Bees", "organization_id": str(id)})
    await teacher.json("PUT", f"/courses/{course['id']}/staff/{elsewhere.id}", {"role": "assistant"})
    await boss.json("PUT", f"/organizations/{id}/members/{teacher.id}", {"role": "student"})
    await boss.json("PATCH", f"/organizations/{id}", {"name": "Hive"})
    lines = await boss.json("GET", f"/organizations/{id}/audit")
    assert [line["action"] for line in reversed(lines)] == [
        "course.created",
        "course.staff_put",
        "organization.member_role_changed",
        "organization.changed",
    ]
    assert (lines[0]["before"], lines[0]["after"]) == ({"name": "Bee school"}, {"name": "Hive"})
    assert await root.json("GET", f"/organizations/{id}/audit") == lines
    assert await boss.json("GET", f"/organizations/{id}/audit?course_id={course['id']}") == lines[2:]
    assert await boss.refused("GET", "/audit") == (403, "forbidden")
    assert await teacher.refused("GET", f"/organizations/{id}/audit") == (403, "forbidden")
    assert await elsewhere.refused("GET", f"/organizations/{id}/audit") == (404, "not_found")
