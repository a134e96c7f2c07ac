"""Accounts that admins make, and admins who stand in for somebody."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.school import Person, School

from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_entrypoints.services import Services

GRACE = {"email": "Grace@Example.org", "full_name": "Grace Hopper", "roles": ["instructor"]}


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def admin(school: School) -> Person:
    return await school.admin()


@pytest.fixture
async def ada(school: School) -> Person:
    return await school.learner()


async def test_an_account_made_by_an_admin_is_opened_by_letter(
    admin: Person,
    client: httpx.AsyncClient,
    mailbox: Mailbox,
) -> None:
    made = await admin.json("POST", "/users", GRACE)
    assert (made["email"], made["roles"]) == ("grace@example.org", ["instructor"])
    token = await mailbox.token("grace@example.org")
    chosen = {"token": token, "new_password": PASSWORD}
    assert (await client.post("/api/v1/auth/password/reset", json=chosen)).status_code == 204
    body = {"email": "grace@example.org", "password": PASSWORD}
    assert (await client.post("/api/v1/auth/login", json=body)).status_code == 200
    assert (await client.post("/api/v1/auth/password/reset", json=chosen)).status_code == 422
    assert await admin.refused("POST", "/users", GRACE) == (409, "email_taken")


@pytest.mark.parametrize(
    ("change", "field"), [({"email": "x"}, "email"), ({"full_name": ""}, "full_name"), ({"roles": []}, "roles")]
)
async def test_a_bad_field_of_it_is_named(admin: Person, change: dict[str, Any], field: str) -> None:
    assert list(await admin.problems("POST", "/users", GRACE | change)) == [field]


async def standing_in(admin: Person, who: Person, **more: Any) -> Signed:
    made = await admin.json("POST", f"/users/{who.id}/act-as", {"reason": "Ticket 4711"} | more)
    return Signed(admin.client, made)


async def test_what_the_user_was_answered_is_not_told_again_to_who_stands_in(admin: Person, ada: Person) -> None:
    once = {"Idempotency-Key": "once"}
    body = {"name": "Report", "scopes": ["courses:read"]}
    assert (await ada.ask("POST", "/me/api-tokens", body, headers=once)).status_code == 201
    acting = await standing_in(admin, ada)
    by_admin = once | {"authorization": f"Bearer {acting.tokens['access_token']}"}
    assert await admin.refused("POST", "/me/api-tokens", body, headers=by_admin) == (403, "owner_needed")


async def test_an_admin_sees_what_the_user_sees_and_it_is_on_record(
    admin: Person, ada: Person, engine: AsyncEngine
) -> None:
    acting = await standing_in(admin, ada)
    assert (await acting.ask("GET", "/me")).json()["data"]["id"] == str(ada.id)
    assert (await acting.ask("PATCH", "/me", {"bio": "By an admin"})).status_code == 200
    assert (await acting.ask("GET", "/users")).status_code == 403
    async with engine.connect() as conn:
        trail = """select action, actor_id, acting_for_id, note
            from audit_entries join audit_details using (seq) order by seq desc limit 2"""
        changed, began = (await conn.execute(text(trail))).all()
    assert (changed.action, changed.actor_id, changed.acting_for_id) == ("user.changed", admin.id, ada.id)
    assert (began.action, began.actor_id, "Ticket 4711" in began.note) == ("user.acting_began", admin.id, True)


async def test_what_is_the_owners_own_stays_so(admin: Person, ada: Person) -> None:
    acting = await standing_in(admin, ada)
    for method, path, body in (
        ("POST", "/me/password", {"current_password": PASSWORD, "new_password": PASSWORD}),
        ("POST", "/me/email", {"email": "eve@example.org", "current_password": PASSWORD}),
        ("POST", "/me/mfa/recovery-codes", None),
        ("DELETE", "/me/mfa", None),
        ("POST", "/me/api-tokens", {"name": "All", "scopes": ["account:read"]}),
    ):
        answer = await acting.ask(method, path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "owner_needed"), path


async def test_the_user_sees_it_and_may_end_it(admin: Person, ada: Person) -> None:
    acting = await standing_in(admin, ada)
    [line] = await ada.json("GET", "/me/sessions")
    assert line["by_admin"] is True
    await ada.json("DELETE", f"/me/sessions/{line['id']}")
    assert not await acting.is_in()


async def test_nobody_stands_in_for_an_admin_themselves_or_the_closed(
    admin: Person, ada: Person, school: School
) -> None:
    other = await school.admin()
    await admin.json("PATCH", f"/users/{ada.id}", {"is_active": False})
    for who in (other, admin, ada):
        answer = await admin.refused("POST", f"/users/{who.id}/act-as", {"reason": "Ticket 4711"})
        assert answer == (403, "acting_refused")


async def test_it_wants_a_reason_and_ends(admin: Person, ada: Person) -> None:
    path = f"/users/{ada.id}/act-as"
    assert list(await admin.problems("POST", path, {"reason": " "})) == ["reason"]
    assert list(await admin.problems("POST", path, {"reason": "Ticket", "minutes": 61})) == ["minutes"]
    made = await admin.json("POST", path, {"reason": "Ticket 4711", "minutes": 5})
    assert made["expires_in"] == 300
    assert "refresh_token" not in made


async def test_an_ended_one_is_refused_as_long_as_its_token_lives(services: Services) -> None:
    assert services.settings.security.longest_token_minutes == 60


@pytest.mark.parametrize("end", ["ends all", "is dismissed", "is closed", "is signed out"])
async def test_it_ends_with_the_admins_own_sign_in(admin: Person, ada: Person, school: School, end: str) -> None:
    other = await school.admin()
    acting, unconcerned = await standing_in(admin, ada), await standing_in(other, ada)
    assert await acting.is_in()
    match end:
        case "ends all":
            await admin.json("POST", "/me/sessions/end-all")
        case "is dismissed":
            await other.json("PATCH", f"/users/{admin.id}", {"roles": ["student"]})
        case "is closed":
            await other.json("PATCH", f"/users/{admin.id}", {"is_active": False})
        case _:
            await other.json("POST", f"/users/{admin.id}/sessions/end-all")
    assert not await acting.is_in()
    assert await unconcerned.is_in()
    assert await ada.json("GET", "/me")


async def test_an_admin_who_signs_out_stands_in_no_more(
    client: httpx.AsyncClient, services: Services, ada: Person
) -> None:
    await services.accounts.create(
        services.run, email="root@example.org", full_name="Root", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    root = await sign_in(client, "root@example.org")
    made = await root.ask("POST", f"/users/{ada.id}/act-as", {"reason": "Ticket 4711"})
    acting = Signed(client, made.json()["data"])
    assert await acting.is_in()
    await client.post("/api/v1/auth/logout", json={"refresh_token": root.tokens["refresh_token"]})
    assert not await acting.is_in()
