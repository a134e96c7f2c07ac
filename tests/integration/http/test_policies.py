"""What organizations ask of how their people sign in, and where their staff work from."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from pyotp import TOTP
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import Person, School, a_published_course
from tests.integration.served import transport_to

from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_entrypoints.services import Services

API = "/api/v1"
EMAIL = "ada@example.org"
HERE, ELSEWHERE = "127.0.0.1/32", "203.0.113.7"


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def root(school: School) -> Person:
    return await school.admin()


async def asked(root: Person, organization: UUID = DEFAULT_ORGANIZATION_ID, **policy: Any) -> dict[str, Any]:
    made: dict[str, Any] = await root.json("PUT", f"/organizations/{organization}/policy", policy)
    return made


async def login(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post(f"{API}/auth/login", json={"email": EMAIL, "password": PASSWORD})


async def test_a_policy_is_put_whole_read_and_has_versions(root: Person) -> None:
    path = f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy"
    none = await root.json("GET", path)
    assert (none["version"], none["mfa"], none["email_domains"]) == (0, "none", [])
    given = {
        "mfa": "staff",
        "mfa_grace_days": 14,
        "email_domains": ["Example.org", "*.example.org"],
        "session_idle_minutes": 60,
        "session_minutes": 480,
        "password_score": 3,
        "staff_networks": [HERE, "2001:db8::/32"],
    }
    made = await root.json("PUT", path, given)
    assert {name: made[name] for name in given} == given | {"email_domains": ["example.org", "*.example.org"]}
    assert (made["version"], made["updated_by"]) == (1, str(root.id))
    assert (await root.json("PUT", path, given))["version"] == 1
    assert await root.refused("PUT", path, {}, headers={"If-Match": '"0"'}) == (412, "outdated")
    assert (await root.json("PUT", path, {}, headers={"If-Match": '"1"'}))["staff_networks"] == []
    [line] = await root.json("GET", "/audit?action=organization.policy_changed&page_size=1")
    assert line["before"]["password_score"] == 3
    assert line["after"]["password_score"] is None


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"mfa": "some"}, "mfa"),
        ({"mfa_grace_days": 91}, "mfa_grace_days"),
        ({"session_minutes": 1}, "session_minutes"),
        ({"session_idle_minutes": 0}, "session_idle_minutes"),
        ({"password_score": 5}, "password_score"),
        ({"email_domains": ["a", "exa mple.org"]}, "email_domains[0]"),
        ({"email_domains": ["münchen.de"]}, "email_domains[0]"),
        ({"email_domains": ["x.org"] * 51}, "email_domains"),
        ({"staff_networks": ["192.0.2.1/24"]}, "staff_networks[0]"),
        ({"staff_networks": ["::1%eth0/128"]}, "staff_networks[0]"),
        ({"staff_networks": ["192.0.2.0/24"]}, "staff_networks"),  # which would lock out who says so
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_bad_rule_is_named(root: Person, policy: dict[str, Any], field: str) -> None:
    assert next(iter(await root.problems("PUT", f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy", policy))) == field


async def test_of_two_who_change_it_at_once_one_is_told(root: Person) -> None:
    path = f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy"
    puts = (root.ask("PUT", path, {"session_minutes": 60 + n}, headers={"If-Match": '"0"'}) for n in range(8))
    answers = await asyncio.gather(*puts)
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 7


async def test_addresses_of_other_domains_are_refused(
    root: Person, client: httpx.AsyncClient, school: School, ada: str
) -> None:
    await asked(root, email_domains=["school.test"])
    body = {"email": "eve@evil.test", "password": PASSWORD, "full_name": "Eve"}
    refused = await client.post(f"{API}/auth/register", json=body)
    assert refused.json()["error"]["details"]["problems"] == [{"field": "email", "rule": "an address at school.test"}]
    assert (await client.post(f"{API}/auth/register", json=body | {"email": "eve@school.test"})).status_code == 201
    assert list(await root.problems("POST", "/users", {"email": "x@evil.test", "full_name": "X"})) == ["email"]
    me = await sign_in(client)  # who was there before stays
    moved = await me.ask("POST", "/me/email", {"email": "ada@evil.test", "current_password": PASSWORD})
    assert moved.json()["error"]["details"]["problems"][0]["field"] == "email"
    club = await school.organization()
    await asked(root, club, email_domains=["club.test"])
    told = await root.problems("PUT", f"/organizations/{club}/members/{ada}", {"role": "student"})
    assert told == {"user_id": "somebody with an address at club.test"}


async def test_a_new_password_is_as_strong_as_is_asked(root: Person, client: httpx.AsyncClient, ada: str) -> None:
    me = await sign_in(client)
    await asked(root, password_score=4)
    change = {"current_password": PASSWORD, "new_password": "monkey wrench"}
    weak = await me.ask("POST", "/me/password", change)
    [problem] = weak.json()["error"]["details"]["problems"]
    assert problem["rule"].startswith("harder to guess: score 4 of 4 or more")
    body = {"email": "b@example.org", "password": "monkey wrench", "full_name": "B"}
    assert (await client.post(f"{API}/auth/register", json=body)).status_code == 422
    await asked(root)
    assert (await me.ask("POST", "/me/password", change)).status_code == 204
    assert (await client.post(f"{API}/auth/register", json=body)).status_code == 201


async def test_a_session_lasts_as_long_as_is_asked(
    root: Person, client: httpx.AsyncClient, engine: AsyncEngine, ada: str
) -> None:
    before = await sign_in(client)
    await asked(root, session_minutes=15, session_idle_minutes=5)
    short = (await login(client)).json()["data"]
    assert 290 < short["expires_in"] <= 300
    assert (await before.refresh()).json()["data"]["expires_in"] <= 300
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set created_at = created_at - interval '14 minutes'"))
    assert (await before.refresh()).json()["data"]["expires_in"] <= 60
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set created_at = created_at - interval '2 minutes'"))
    refused = await before.refresh()
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "session_ended")


async def test_who_has_no_second_factor_is_let_in_until_the_grace_is_over_and_then_sets_one_up(
    root: Person, client: httpx.AsyncClient, engine: AsyncEngine, ada: str
) -> None:
    early = await sign_in(client)
    made = await asked(root, mfa="all", mfa_grace_days=7)
    told = (await login(client)).json()["data"]
    assert told["mfa_required_by"] > made["mfa_since"]
    assert (await early.refresh()).status_code == 200
    [holds] = (await early.ask("GET", "/me/policies")).json()["data"]
    assert holds["mfa_required_by"] == told["mfa_required_by"]
    async with engine.begin() as conn:
        await conn.execute(text("update organization_policies set mfa_since = mfa_since - interval '8 days'"))
        await conn.execute(text("update users set created_at = created_at - interval '8 days'"))
    old = await early.refresh()
    assert (old.status_code, old.json()["error"]["code"]) == (401, "mfa_setup_required")
    challenge = (await login(client)).json()["data"]
    assert (challenge["setup"], challenge["methods"], "access_token" in challenge) == (True, ["totp"], False)
    token = {"challenge_token": challenge["challenge_token"]}
    assert (await client.post(f"{API}/auth/mfa", json=token | {"code": "123456"})).status_code == 422
    setup = (await client.post(f"{API}/auth/mfa/setup", json=token)).json()["data"]
    assert "qr_svg" in setup
    signed = await client.post(f"{API}/auth/mfa", json=token | {"code": TOTP(setup["secret"]).now()})
    assert len(signed.json()["data"]["recovery_codes"]) == 10
    me = Signed(client, signed.json()["data"])
    assert await me.is_in()
    again = await client.post(f"{API}/auth/mfa/setup", json=token)
    assert (again.status_code, again.json()["error"]["code"]) == (401, "challenge_not_good")
    assert (await early.refresh()).status_code == 200  # there is one now
    kept = await me.ask("DELETE", "/me/mfa")
    assert (kept.status_code, kept.json()["error"]["code"]) == (409, "mfa_is_required")
    assert (await login(client)).json()["data"]["setup"] is False
    await asked(root)
    assert (await me.ask("DELETE", "/me/mfa")).status_code == 204


async def test_a_setup_is_for_who_has_none(
    root: Person, client: httpx.AsyncClient, engine: AsyncEngine, ada: str
) -> None:
    me = await sign_in(client)
    begun = (await me.ask("POST", "/me/mfa/totp", {"current_password": PASSWORD})).json()["data"]
    await me.ask("POST", "/me/mfa/totp/confirm", {"code": TOTP(begun["secret"]).now()})
    await asked(root, mfa="all")
    challenge = (await login(client)).json()["data"]
    token = {"challenge_token": challenge["challenge_token"]}
    refused = await client.post(f"{API}/auth/mfa/setup", json=token)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "mfa_already_on")


async def test_a_rule_for_staff_asks_nothing_of_learners(
    root: Person, client: httpx.AsyncClient, school: School, ada: str
) -> None:
    club = await school.organization()
    await asked(root, club, mfa="staff")
    assert "access_token" in (await login(client)).json()["data"]
    await root.json("PUT", f"/organizations/{club}/members/{ada}", {"role": "student"})
    assert "access_token" in (await login(client)).json()["data"]
    await root.json("PUT", f"/organizations/{club}/members/{ada}", {"role": "instructor"})
    assert (await login(client)).json()["data"]["setup"] is True


async def test_staff_are_staff_in_their_networks_alone(
    root: Person, school: School, services: Services, client: httpx.AsyncClient
) -> None:
    teacher, boss, learner = await school.teacher(), await school.learner(), await school.learner()
    club = await school.organization(admin=boss, instructor=teacher)
    course = await a_published_course(teacher, organization_id=str(club))
    draft = await teacher.json("POST", "/courses", {"title": "Draft", "organization_id": str(club)})
    await teacher.json("PUT", f"/courses/{course.id}/staff/{learner.id}", {"role": "assistant"})
    await asked(boss, club, staff_networks=[HERE])
    away = transport_to(services, client=(ELSEWHERE, 4711))

    async def from_elsewhere(who: Person, method: str, path: str, body: Any = None) -> tuple[int, str]:
        headers = {"authorization": who.client.headers["authorization"]}
        async with httpx.AsyncClient(transport=away, base_url="http://lms.test", headers=headers) as there:
            answer = await there.request(method, f"{API}{path}", json=body)
        return answer.status_code, "" if answer.is_success else answer.json()["error"]["code"]

    refused = (403, "network_refused")
    for who, method, path, body in (
        (teacher, "PATCH", f"/courses/{course.id}", {"title": "x"}),
        (teacher, "GET", f"/courses/{draft['id']}", None),
        (teacher, "GET", f"/courses/{course.id}/enrollments", None),
        (teacher, "PUT", f"/courses/{course.id}/staff/{boss.id}", {"role": "assistant"}),
        (teacher, "POST", f"/courses/{course.id}/enrollments/staff", {"user_id": str(boss.id)}),
        (teacher, "POST", "/courses", {"title": "x", "organization_id": str(club)}),
        (learner, "GET", f"/courses/{course.id}/enrollments", None),
        (boss, "PATCH", f"/organizations/{club}", {"name": "x"}),
        (boss, "GET", f"/organizations/{club}/members", None),
        (boss, "GET", f"/organizations/{club}/audit", None),
        (boss, "PUT", f"/organizations/{club}/policy", {}),
    ):
        assert await from_elsewhere(who, method, path, body) == refused, (method, path)
        assert (await who.ask(method, path, body)).is_success, (method, path)
    await asked(boss, club, staff_networks=[HERE])
    assert await from_elsewhere(teacher, "GET", f"/courses/{course.id}") == (200, "")  # as everybody reads it
    assert await from_elsewhere(await school.learner(), "POST", f"/courses/{course.id}/enrollments", {}) == (201, "")
    assert await from_elsewhere(root, "PATCH", f"/courses/{course.id}", {"seats": 5}) == (200, "")


async def test_staff_of_the_instance_sign_in_from_their_networks(
    root: Person, services: Services, client: httpx.AsyncClient, admin: Signed, ada: str
) -> None:
    await asked(root, staff_networks=[HERE])
    away = transport_to(services, client=(ELSEWHERE, 4711))
    async with httpx.AsyncClient(transport=away, base_url="http://lms.test") as there:
        boss = {"email": "root@example.org", "password": PASSWORD}
        refused = await there.post(f"{API}/auth/login", json=boss)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "network_refused")
        renewed = await there.post(f"{API}/auth/refresh", json={"refresh_token": admin.tokens["refresh_token"]})
        assert (renewed.status_code, renewed.json()["error"]["code"]) == (403, "network_refused")
        assert (await login(there)).status_code == 200  # a learner, from anywhere
    assert (await client.post(f"{API}/auth/login", json=boss)).status_code == 200
    assert (await admin.refresh()).status_code == 200
    attempts = (await admin.ask("GET", "/me/sign-ins")).json()["data"]
    assert [each["outcome"] for each in attempts].count("network_refused") == 2


async def again(client: httpx.AsyncClient, tokens: dict[str, Any]) -> tuple[int, Any]:
    """A refresh that was sent before, and what it is refused with or how long the tokens are good."""
    answer = await client.post(f"{API}/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    said = answer.json()
    return answer.status_code, said["data"]["expires_in"] if answer.is_success else said["error"]["code"]


async def test_a_refresh_that_is_sent_again_is_let_in_from_where_the_first_was(
    root: Person, services: Services, client: httpx.AsyncClient, admin: Signed
) -> None:
    await asked(root, staff_networks=[HERE])
    first = admin.tokens
    assert (await admin.refresh()).status_code == 200
    away = transport_to(services, client=(ELSEWHERE, 4711))
    async with httpx.AsyncClient(transport=away, base_url="http://lms.test") as there:
        assert await again(there, first) == (403, "network_refused")
    assert (await again(client, first))[0] == 200
    attempts = (await admin.ask("GET", "/me/sign-ins")).json()["data"]
    assert attempts[0]["outcome"] == "network_refused"


@pytest.mark.parametrize("step", ["login", "refresh"])
async def test_a_kept_answer_is_told_again_to_nobody_who_would_be_refused(
    root: Person, services: Services, client: httpx.AsyncClient, admin: Signed, step: str
) -> None:
    """Keys of somebody signed in are theirs wherever they are; the answer holds tokens."""
    await asked(root, staff_networks=[HERE])
    body = {
        "login": {"email": "root@example.org", "password": PASSWORD},
        "refresh": {"refresh_token": admin.tokens["refresh_token"]},
    }[step]
    headers = {"authorization": f"Bearer {admin.tokens['access_token']}", "Idempotency-Key": "once"}

    async def send(sender: httpx.AsyncClient) -> httpx.Response:
        return await sender.post(f"{API}/auth/{step}", json=body, headers=headers)

    first, kept = await send(client), await send(client)
    assert (kept.status_code, kept.json()) == (200, first.json())
    assert kept.headers["idempotency-replayed"] == "true"
    away = transport_to(services, client=(ELSEWHERE, 4711))
    async with httpx.AsyncClient(transport=away, base_url="http://lms.test") as there:
        refused = await send(there)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "network_refused")
    assert (await send(client)).json() == first.json()
    attempts = (await admin.ask("GET", "/me/sign-ins")).json()["data"]
    assert attempts[0]["outcome"] == "network_refused"


async def test_a_refresh_told_again_by_its_key_is_no_way_past_what_was_asked_meanwhile(
    root: Person, client: httpx.AsyncClient, ada: str
) -> None:
    me = await sign_in(client)
    body, key = {"refresh_token": me.tokens["refresh_token"]}, {"Idempotency-Key": "once"}
    kept = [await client.post(f"{API}/auth/refresh", json=body, headers=key) for _ in range(2)][1]
    assert kept.headers["idempotency-replayed"] == "true"
    await asked(root, mfa="all")
    refused = await client.post(f"{API}/auth/refresh", json=body, headers=key)
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "mfa_setup_required")


async def test_nor_is_it_a_way_past_what_was_asked_meanwhile(
    root: Person, client: httpx.AsyncClient, engine: AsyncEngine, ada: str
) -> None:
    me = await sign_in(client)
    first = me.tokens
    assert (await me.refresh()).status_code == 200
    await asked(root, session_idle_minutes=5)
    status, seconds = await again(client, first)
    assert (status, 290 < seconds <= 300) == (200, True)
    await asked(root, mfa="all")
    assert await again(client, first) == (401, "mfa_setup_required")
    await asked(root, session_minutes=15)
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set created_at = created_at - interval '16 minutes'"))
    assert await again(client, first) == (401, "session_ended")


async def test_what_is_asked_of_me_is_told(root: Person, school: School) -> None:
    teacher, learner = await school.teacher(), await school.learner()
    club = await school.organization(instructor=teacher, student=learner)
    await school.organization()
    await asked(root, club, staff_networks=[HERE], session_minutes=60)
    await asked(root, password_score=3)
    for who, networks in ((teacher, [HERE]), (learner, [])):
        default, mine = await who.json("GET", "/me/policies")
        assert (default["password_score"], mine["session_minutes"]) == (3, 60)
        assert (mine["organization"], mine["staff_networks"]) == ("Bee school", networks)
    assert len(await (await school.learner()).json("GET", "/me/policies")) == 1
