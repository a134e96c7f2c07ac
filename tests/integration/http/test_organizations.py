"""Organizations over HTTP, on PostgreSQL: to strangers they do not exist."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from tests.integration.school import Person, School

from lms_adapters.postgres.identity_tables import memberships
from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


async def test_an_instance_admin_makes_one_and_its_members_see_it(school: School) -> None:
    root, member, stranger = await school.admin(), await school.learner(), await school.learner()
    made = await root.json("POST", "/organizations", {"name": "Northern School"})
    assert (made["slug"], made["version"]) == ("northern-school", 1)
    path = f"/organizations/{made['id']}"
    await root.json("PUT", f"{path}/members/{member.id}", {"role": "student"})
    assert [o["id"] for o in await member.json("GET", "/organizations")] == [made["id"]]
    assert (await member.json("GET", path))["name"] == "Northern School"
    assert await stranger.json("GET", "/organizations") == []
    assert await stranger.refused("GET", path) == (404, "not_found")
    assert await stranger.refused("GET", f"{path}/members") == (404, "not_found")
    assert await member.refused("GET", f"{path}/members") == (403, "forbidden")
    assert await stranger.refused("PATCH", path, {"name": "Mine"}) == (404, "not_found")
    assert await member.refused("PATCH", path, {"name": "Mine"}) == (403, "forbidden")
    assert await member.refused("POST", "/organizations", {"name": "Mine"}) == (403, "forbidden")


async def test_its_admins_choose_the_members_and_one_of_them_stays(school: School) -> None:
    boss, other = await school.learner(), await school.learner()
    id = await school.organization(admin=boss)
    await school.invite(boss, id, other, "admin")
    answers = await asyncio.gather(
        boss.ask("DELETE", f"/organizations/{id}/members/{other.id}"),
        other.ask("DELETE", f"/organizations/{id}/members/{boss.id}"),
    )
    assert sorted(a.status_code for a in answers) == [204, 404]  # whoever is dismissed is a stranger
    last = boss if answers[0].status_code == 204 else other
    assert await last.refused("DELETE", f"/organizations/{id}/members/{last.id}") == (409, "last_organization_admin")
    demoted = await last.refused("PUT", f"/organizations/{id}/members/{last.id}", {"role": "student"})
    assert demoted == (409, "last_organization_admin")


async def test_members_are_listed_and_who_added_them_is_not_told(school: School) -> None:
    root, boss, member = await school.admin(), await school.learner(), await school.teacher()
    id = await school.organization(admin=boss)
    made = await root.json("PUT", f"/organizations/{id}/members/{member.id}", {"role": "student"})
    changed = await boss.json("PUT", f"/organizations/{id}/members/{member.id}", {"role": "instructor"})
    answer = await boss.ask("GET", f"/organizations/{id}/members")
    line = next(line for line in answer.json()["data"] if line["user_id"] == str(member.id))
    assert (line["role"], line["accepted_at"]) == ("instructor", made["accepted_at"])
    assert str(root.id) not in answer.text + str(changed)


async def test_who_is_dismissed_while_waiting_decides_nothing_any_more(school: School, engine: AsyncEngine) -> None:
    boss, friend = await school.learner(), await school.learner()
    id = await school.organization(admin=boss)
    async with engine.begin() as conn:
        await conn.execute(text("select from organizations where id = :id for update"), {"id": id})
        waiting = asyncio.create_task(boss.ask("PUT", f"/organizations/{id}/members/{friend.id}", {"role": "admin"}))
        async with engine.connect() as other:
            await until_somebody_waits(other)
        await conn.execute(delete(memberships).where(memberships.c.user_id == boss.id))
    assert (await waiting).status_code == 404
    assert await (await school.admin()).json("GET", f"/organizations/{id}/members") == []


async def until_somebody_waits(conn: AsyncConnection) -> None:
    waits = text("select count(*) from pg_locks where not granted")
    async with asyncio.timeout(10):
        while not (await conn.execute(waits)).scalar_one():
            await conn.rollback()
            await asyncio.sleep(0.01)


async def test_addresses_of_members_are_for_admins(school: School) -> None:
    boss, teacher, learner = await school.learner(), await school.teacher(), await school.learner()
    id = await school.organization(admin=boss, instructor=teacher, student=learner)
    for member in (teacher, learner):
        assert await member.refused("GET", f"/organizations/{id}/members") == (403, "forbidden")
    for admin in (boss, await school.admin()):
        assert len(await admin.json("GET", f"/organizations/{id}/members")) == 3
    nowhere = "/organizations/01a20700-0000-7000-8000-000000000000/members"
    assert await (await school.admin()).refused("GET", nowhere) == (404, "not_found")


@pytest.mark.parametrize("what", ["organizations", "members"])
async def test_a_long_list_is_read_to_its_end_by_cursor(
    school: School, what: str, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    root = await school.admin()
    people = {role: await school.learner() for role in ("admin", "instructor", "student")}
    id = await school.organization(**people)
    for _ in range(2):
        await school.organization()
    path = f"/organizations/{id}/members" if what == "members" else "/organizations"
    whole = await root.json("GET", path)
    read, cursor = [], ""
    while True:
        with count_queries() as statements:
            answer = (await root.ask("GET", f"{path}?page_size=2{cursor}")).json()
        assert len(statements) <= 3
        assert answer["meta"]["total"] == len(whole)
        read += answer["data"]
        if "next_cursor" not in answer["meta"]:
            break
        cursor = f"&cursor={answer['meta']['next_cursor']}"
    assert read == whole
    assert list(await root.problems("GET", f"{path}?cursor=zzz")) == ["cursor"]
    other = await school.organization()
    if what == "members":
        assert list(await root.problems("GET", f"/organizations/{other}/members?page_size=2{cursor}")) == ["cursor"]


async def test_a_deleted_organization_takes_its_courses_out_of_sight(school: School) -> None:
    root, teacher = await school.admin(), await school.learner()
    id = await school.organization(instructor=teacher)
    course = await teacher.json("POST", "/courses", {"title": "Bees", "organization_id": str(id)})
    await root.json("DELETE", f"/organizations/{id}")
    assert await teacher.refused("GET", f"/courses/{course['id']}") == (404, "not_found")
    assert await root.refused("GET", f"/organizations/{id}") == (404, "not_found")


async def test_the_default_organization_stays(school: School) -> None:
    root = await school.admin()
    (default,) = await root.json("GET", "/organizations")
    assert default["is_default"] is True
    refused = await root.refused("DELETE", f"/organizations/{default['id']}")
    assert refused == (409, "default_organization")


@pytest.mark.parametrize(
    ("body", "field"),
    [({"name": ""}, "name"), ({"name": "a\0"}, "name"), ({"name": "x", "slug": "Not A Slug"}, "slug")],
)
async def test_a_bad_field_is_named(school: School, body: dict[str, str], field: str) -> None:
    root: Person = await school.admin()
    assert list(await root.problems("POST", "/organizations", body)) == [field]


async def test_a_slug_belongs_to_one(school: School) -> None:
    root = await school.admin()
    await root.json("POST", "/organizations", {"name": "One", "slug": "one"})
    refused = await root.refused("POST", "/organizations", {"name": "Another", "slug": "one"})
    assert refused == (409, "organization_slug_taken")


async def test_one_name_may_be_given_twice_at_once(school: School) -> None:
    root = await school.admin()
    made = await asyncio.gather(*(root.json("POST", "/organizations", {"name": "Bees"}) for _ in range(3)))
    assert {each["slug"] for each in made} == {"bees", "bees-2", "bees-3"}


async def test_a_membership_is_read_and_changed_by_its_version(school: School) -> None:
    boss, member, stranger = await school.learner(), await school.learner(), await school.learner()
    id = await school.organization(admin=boss)
    mine = f"/organizations/{id}/members/{member.id}"
    assert await boss.refused("GET", mine) == (404, "not_found")
    early = await boss.refused("PUT", mine, {"role": "student"}, headers={"If-Match": '"1"'})
    assert early == (412, "outdated")
    added = await boss.ask("PUT", mine, {"role": "student"})
    assert added.json()["data"]["version"] == 1
    accepted = await member.ask("POST", f"/me/memberships/{id}/accept")
    first = {"If-Match": accepted.headers["etag"]}
    for reader in (boss, member, await school.admin()):
        line = await reader.ask("GET", mine)
        assert (line.json()["data"]["role"], line.json()["data"]["version"]) == ("student", 2)
        assert "etag" in line.headers
    assert await boss.refused("PUT", mine, {"role": "admin"}, headers={"If-Match": added.headers["etag"]}) == (
        412,
        "outdated",
    )
    assert await member.refused("GET", f"/organizations/{id}/members/{boss.id}") == (403, "forbidden")
    for theirs in (member.id, stranger.id):
        assert await stranger.refused("GET", f"/organizations/{id}/members/{theirs}") == (404, "not_found")
    changed = await boss.ask("PUT", mine, {"role": "instructor"}, headers=first)
    assert changed.json()["data"]["version"] == 3
    assert await boss.refused("PUT", mine, {"role": "admin"}, headers=first) == (412, "outdated")
    assert await boss.refused("DELETE", mine, headers=first) == (412, "outdated")
    await boss.json("DELETE", mine, headers={"If-Match": changed.headers["etag"]})
    assert await member.refused("GET", mine) == (404, "not_found")


async def test_an_unknown_person_is_no_member(school: School) -> None:
    root = await school.admin()
    made = await root.json("POST", "/organizations", {"name": "One"})
    nobody = "01a20700-0000-7000-8000-000000000000"
    refused = await root.refused("PUT", f"/organizations/{made['id']}/members/{nobody}", {"role": "admin"})
    assert refused == (422, "unknown_user")
