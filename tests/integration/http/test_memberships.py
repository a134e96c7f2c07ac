"""Whoever an organization wants is asked first. Over HTTP, on PostgreSQL."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import Box, a_background
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import Person, School, a_published_course

from lms_domain.kernel import OrganizationId
from lms_domain.mailing import LetterKind
from lms_entrypoints.container import Container
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services

API = "/api/v1"
HARD: dict[str, Any] = {
    "mfa": "all",
    "mfa_grace_days": 0,
    "session_minutes": 15,
    "session_idle_minutes": 5,
    "password_score": 4,
}


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def boss(school: School) -> Person:
    return await school.learner()


@pytest.fixture
async def club(school: School, boss: Person) -> OrganizationId:
    return await school.organization(admin=boss)


async def wanted(boss: Person, club: OrganizationId, user_id: object, role: str = "student") -> dict[str, Any]:
    made: dict[str, Any] = await boss.json("PUT", f"/organizations/{club}/members/{user_id}", {"role": role})
    return made


@dataclass(frozen=True)
class Eva:
    """Somebody with a password, and an address that she has proved."""

    me: Signed
    id: str


@pytest.fixture
async def eva(client: httpx.AsyncClient, engine: AsyncEngine) -> Eva:
    body = {"email": "eva@example.org", "password": PASSWORD, "full_name": "Eva Novak"}
    assert (await client.post(f"{API}/auth/register", json=body)).status_code == 201
    async with engine.begin() as conn:
        proved = "update users set email_verified_at = now() where email = :email returning id"
        id = (await conn.execute(text(proved), {"email": body["email"]})).scalar_one()
    return Eva(await sign_in(client, body["email"]), str(id))


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def background(container: Container, box: Box) -> Background:
    return a_background(container.run(), box, errands=container.errands())


async def test_nobody_is_made_to_belong(boss: Person, club: OrganizationId, eva: Eva) -> None:
    me, id = eva.me, eva.id
    assert (await wanted(boss, club, id, "admin"))["accepted_at"] is None
    await boss.json("PUT", f"/organizations/{club}/policy", HARD | {"staff_networks": ["127.0.0.0/8"]})
    assert (await me.refresh()).json()["data"]["expires_in"] > HARD["session_idle_minutes"] * 60
    assert (await me.ask("GET", "/me/policies")).json()["data"] == []
    for path in (f"/organizations/{club}", f"/organizations/{club}/members", f"/organizations/{club}/members/{id}"):
        assert (await me.ask("GET", path)).status_code == 404
    assert (await me.ask("GET", "/organizations")).json()["data"] == []
    assert (await me.ask("POST", f"/me/memberships/{club}/accept")).status_code == 200
    assert (await me.ask("GET", f"/organizations/{club}/members")).status_code == 200
    refused = await me.refresh()
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "mfa_setup_required")
    assert (await me.ask("DELETE", f"/me/memberships/{club}")).status_code == 204  # and the way out is open
    assert (await me.refresh()).status_code == 200
    assert (await me.ask("GET", "/me/memberships")).json()["data"] == []


async def test_nor_is_who_is_put_on_the_staff_of_a_course(boss: Person, club: OrganizationId, eva: Eva) -> None:
    course = await a_published_course(boss, organization_id=str(club))
    await boss.json("PUT", f"/courses/{course.id}/staff/{eva.id}", {"role": "owner"})
    await boss.json("PUT", f"/organizations/{club}/policy", HARD)
    assert (await eva.me.refresh()).status_code == 200
    assert (await eva.me.ask("GET", "/me/policies")).json()["data"] == []
    await boss.json("POST", f"/courses/{course.id}/enrollments/staff", {"user_id": eva.id})
    [line] = await boss.json("GET", f"/courses/{course.id}/enrollments")
    assert (line["full_name"], line["email"]) == ("Eva Novak", None)
    assert await boss.json("GET", f"/courses/{course.id}/enrollments?search=eva@") == []
    [mine] = (await eva.me.ask("GET", "/me/enrollments")).json()["data"]
    lesson = f"/enrollments/{mine['id']}/lessons/{course.lessons[0]}/progress"
    assert (await eva.me.ask("PUT", lesson, {"viewed": True})).is_success  # she takes part
    [line] = await boss.json("GET", f"/courses/{course.id}/enrollments?search=eva@")
    assert line["email"] == "eva@example.org"


@pytest.mark.parametrize("way", ["staff", "bulk"])
async def test_who_does_not_belong_is_not_found_by_an_address(
    school: School, boss: Person, club: OrganizationId, eva: Eva, way: str
) -> None:
    """Whether there is such an account; the id, which nobody guesses, finds it."""
    course = await a_published_course(boss, organization_id=str(club))
    path = f"/courses/{course.id}/enrollments/{way}"

    async def enrolled(who: Person, **row: str) -> Any:
        answer = await who.ask("POST", path, {"rows": [row]} if way == "bulk" else row)
        if way == "staff":
            return answer.json()["data"] or answer.json()["error"]["code"]
        [result] = answer.json()["data"]["rows"]
        return result["enrollment_id"] or result["error"]["code"]

    await wanted(boss, club, eva.id)
    for email in ("eva@example.org", "nobody@example.org"):
        assert await enrolled(boss, email=email) == "no_such_learner"
    assert (await eva.me.ask("POST", f"/me/memberships/{club}/accept")).status_code == 200
    assert await enrolled(boss, email="eva@example.org") != "no_such_learner"
    assert (await eva.me.ask("DELETE", f"/me/memberships/{club}")).status_code == 204
    assert await enrolled(boss, email="eva@example.org") != "no_such_learner"  # she has been on the course
    other, ada = await a_published_course(boss, organization_id=str(club)), await school.learner()
    path = f"/courses/{other.id}/enrollments/{way}"
    assert await enrolled(boss, user_id=str(ada.id)) != "no_such_learner"
    root = await school.admin()
    assert await enrolled(boss, email="eva@example.org") == "no_such_learner"
    assert await enrolled(root, email="eva@example.org") != "no_such_learner"


async def test_an_admin_of_the_instance_is_not_shut_out_either(
    boss: Person, club: OrganizationId, admin: Signed
) -> None:
    root = (await admin.ask("GET", "/me")).json()["data"]["id"]
    await wanted(boss, club, root)
    await boss.json("PUT", f"/organizations/{club}/policy", HARD)
    assert (await admin.refresh()).status_code == 200


async def test_of_who_has_not_accepted_neither_name_nor_address_is_told(school: School, club: OrganizationId) -> None:
    """Nor by their place in the list, or in its cursors."""
    root, boss, zoe = await school.admin(), await school.learner(), await school.teacher()
    await school.join(club, boss, "admin")
    await wanted(boss, club, zoe.id, "instructor")
    path = f"/organizations/{club}/members"
    for reader in (boss, root):
        listed = await reader.ask("GET", f"{path}?page_size=1")
        one = await reader.ask("GET", f"{path}/{zoe.id}")
        for line in (listed.json()["data"][0], one.json()["data"]):
            assert (line["user_id"], line["role"]) == (str(zoe.id), "instructor")
            assert (line["full_name"], line["email"], line["accepted_at"]) == (None, None, None)
        rest = await reader.json("GET", f"{path}?page_size=5&cursor={listed.json()['meta']['next_cursor']}")
        assert [line["email"] is None for line in rest] == [False, False]
        assert "eacher" not in listed.text + one.text
    first = await boss.ask("GET", f"{path}?page_size=1")
    await zoe.json("PATCH", "/me", {"full_name": "Aaron"})
    assert (await boss.ask("GET", f"{path}?page_size=1")).text == first.text
    await zoe.json("POST", f"/me/memberships/{club}/accept")
    line = await boss.json("GET", f"{path}/{zoe.id}")
    assert (line["full_name"], line["email"].startswith("teacher.")) == ("Aaron", True)


async def test_ones_own_memberships_are_listed(
    school: School, boss: Person, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    ada = await school.learner()
    clubs = [await school.organization(admin=boss) for _ in range(3)]
    for each in clubs:
        await wanted(boss, each, ada.id)
    await ada.json("POST", f"/me/memberships/{clubs[1]}/accept")
    with count_queries() as statements:
        whole = await ada.json("GET", "/me/memberships")
    assert len(statements) <= 3
    assert {line["organization_id"]: line["accepted_at"] is not None for line in whole} == {
        str(each): each == clubs[1] for each in clubs
    }
    assert {(line["organization_name"], line["role"]) for line in whole} == {("Bee school", "student")}
    assert {line["organization_slug"] for line in whole} == {each.hex for each in clubs}
    first = (await ada.ask("GET", "/me/memberships?page_size=2")).json()
    assert first["meta"]["total"] == 3
    rest = await ada.json("GET", f"/me/memberships?page_size=2&cursor={first['meta']['next_cursor']}")
    assert first["data"] + rest == whole
    assert await (await school.learner()).json("GET", "/me/memberships") == []


async def test_an_invitation_opens_no_course(school: School, boss: Person, club: OrganizationId) -> None:
    teacher, ada = await school.teacher(), await school.learner()
    await school.join(club, teacher, "instructor")
    course = await a_published_course(teacher, organization_id=str(club), visibility="members")
    await wanted(boss, club, ada.id, "admin")
    reads = [("GET", f"/courses/{course.id}"), ("POST", f"/courses/{course.id}/enrollments"), ("GET", "/courses")]
    assert (await ada.ask(*reads[0])).status_code == 404
    assert (await ada.ask(*reads[1], {})).status_code == 404
    assert (await ada.ask("PATCH", f"/courses/{course.id}", {"title": "Mine"})).status_code == 404
    assert (await ada.ask("POST", "/courses", {"title": "Mine", "organization_id": str(club)})).status_code == 404
    assert await ada.json(*reads[2]) == []
    await ada.json("POST", f"/me/memberships/{club}/accept")
    assert len(await ada.json(*reads[2])) == 1
    assert (await ada.ask(*reads[1], {})).status_code == 201


async def test_of_two_admins_who_leave_at_once_one_stays(school: School, engine: AsyncEngine, boss: Person) -> None:
    for _ in range(5):
        other = await school.learner()
        id = await school.organization(admin=boss)
        await school.join(id, other, "admin")
        async with engine.begin() as conn:  # both wait, so that neither has left when the other looks
            await conn.execute(text("select from organizations where id = :id for update"), {"id": id})
            both = [asyncio.create_task(each.ask("DELETE", f"/me/memberships/{id}")) for each in (boss, other)]
            async with asyncio.timeout(10), engine.connect() as watching:
                waits = text("select count(*) from pg_locks where not granted")
                while (await watching.execute(waits)).scalar_one() < len(both):
                    await watching.rollback()
                    await asyncio.sleep(0.01)
        answers = await asyncio.gather(*both)
        assert sorted(answer.status_code for answer in answers) == [204, 409]
        [refused] = [answer.json()["error"]["code"] for answer in answers if answer.status_code == 409]
        assert refused == "last_organization_admin"


async def test_who_accepts_while_they_are_taken_off_is_in_or_not(
    school: School, boss: Person, club: OrganizationId
) -> None:
    for _ in range(5):
        ada = await school.learner()
        await wanted(boss, club, ada.id)
        accepted, removed = await asyncio.gather(
            ada.ask("POST", f"/me/memberships/{club}/accept"),
            boss.ask("DELETE", f"/organizations/{club}/members/{ada.id}"),
        )
        assert (accepted.status_code in {200, 404}, removed.status_code) == (True, 204)
        assert await ada.json("GET", "/me/memberships") == []


async def test_api_tokens_need_the_scope_of_the_account_and_an_admin_who_stands_in_does_not_accept(
    boss: Person, club: OrganizationId, eva: Eva, admin: Signed, client: httpx.AsyncClient
) -> None:
    me, id = eva.me, eva.id
    await wanted(boss, club, id)
    path = f"/me/memberships/{club}"
    acting = Signed(client, (await admin.ask("POST", f"/users/{id}/act-as", {"reason": "Ticket"})).json()["data"])
    refused = await acting.ask("POST", f"{path}/accept")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "owner_needed")
    for scopes, status in ((["organizations:write", "account:read"], 403), (["account:write"], 200)):
        made = await me.ask("POST", "/me/api-tokens", {"name": "Program", "scopes": scopes})
        program = Signed(client, {"access_token": made.json()["data"]["token"]})
        assert (await program.ask("POST", f"{path}/accept")).status_code == status


async def test_what_is_decided_is_audited_and_told(school: School, boss: Person, club: OrganizationId) -> None:
    root, ada = await school.admin(), await school.learner()
    await school.invite(boss, club, ada, "student")
    await ada.json("DELETE", f"/me/memberships/{club}")
    lines = await root.json("GET", f"/audit?target_id={ada.id}")
    assert [(line["action"], line["actor_id"]) for line in reversed(lines)] == [
        ("organization.member_added", str(boss.id)),
        ("organization.membership_accepted", str(ada.id)),
        ("organization.member_removed", str(ada.id)),
    ]


async def test_from_where_somebody_accepts_or_leaves_is_not_for_who_invited_them(
    school: School, boss: Person, club: OrganizationId
) -> None:
    root, ada = await school.admin(), await school.learner()
    await school.invite(boss, club, ada, "student")
    await ada.json("DELETE", f"/me/memberships/{club}")
    trail = f"/organizations/{club}/audit"
    left, accepted, invited = await boss.json("GET", trail)
    for line in (left, accepted):
        assert {line[name] for name in ("request_id", "ip", "session_id", "api_token_id")} == {None}
    assert invited["ip"] is not None
    assert await boss.json("GET", f"{trail}?ip={invited['ip']}") == [invited]
    everything = await root.json("GET", f"/audit?target_id={ada.id}&ip={invited['ip']}")
    assert [line["id"] for line in everything] == [left["id"], accepted["id"], invited["id"]]
    assert everything[0]["ip"] == invited["ip"]


async def test_who_is_wanted_is_told_by_letter_five_times_an_hour_at_most(
    boss: Person, club: OrganizationId, eva: Eva, background: Background, box: Box
) -> None:
    for _ in range(7):
        await wanted(boss, club, eva.id)
        await background.drain()
        await boss.json("DELETE", f"/organizations/{club}/members/{eva.id}")
    letters = [each for each in box.letters if each.kind is LetterKind.MEMBERSHIP_INVITATION]
    assert [each.to for each in letters] == ["eva@example.org"] * 5
    assert letters[0].values["organization"] == "Bee school"
    assert letters[0].values["url"].endswith("/memberships")


async def test_no_letter_where_there_is_nothing_to_accept_any_more(
    boss: Person, club: OrganizationId, eva: Eva, background: Background, box: Box
) -> None:
    await wanted(boss, club, eva.id)
    await boss.json("DELETE", f"/organizations/{club}/members/{eva.id}")
    await background.drain()
    await wanted(boss, club, eva.id)
    await eva.me.ask("POST", f"/me/memberships/{club}/accept")
    await background.drain()
    assert [each for each in box.letters if each.kind is LetterKind.MEMBERSHIP_INVITATION] == []


async def test_no_letter_to_an_address_that_was_not_proved(
    school: School, boss: Person, club: OrganizationId, background: Background, box: Box
) -> None:
    await wanted(boss, club, (await school.learner()).id)
    await background.drain()
    assert box.letters == []
