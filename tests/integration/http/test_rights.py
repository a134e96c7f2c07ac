"""Whoever decides about rights is there themselves, and proves their second factor for it."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device
from tests.integration.http.keyring import ADDRESS, Keyring, data, refusal, stale
from tests.integration.http.signed import Signed
from tests.integration.school import Person, School

from lms_domain.identity import use_cases
from lms_domain.identity.api_tokens import Scope
from lms_domain.identity.model import Role
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_entrypoints.services import Services

# The last leaves nothing to decide about.
DECISIONS: list[tuple[str, str, Any]] = [
    ("PUT", "/organizations/{default}/policy", {"mfa": "staff"}),
    ("PUT", "/organizations/{default}/policy", {}),
    ("PUT", "/organizations/{default}/members/{new}", {"role": "admin"}),
    ("PUT", "/organizations/{club}/policy", {"session_minutes": 60}),
    ("PUT", "/organizations/{club}/members/{new}", {"role": "student"}),
    ("PUT", "/organizations/{club}/members/{member}", {"role": "admin"}),
    ("DELETE", "/organizations/{club}/members/{member}", None),
    ("PATCH", "/users/{member}", {"roles": ["instructor"]}),
    ("PATCH", "/users/{member}", {"is_active": False}),
    ("PATCH", "/users/{member}", {"is_active": True}),
    ("DELETE", "/organizations/{club}", None),
]


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def root(keyring: Keyring, device: Device, services: Services) -> Signed:
    """Ada, an admin who has signed in with her passkey."""
    await services.run(use_cases.set_roles, ADDRESS, [Role.ADMIN])
    return Signed(keyring.client, data(await keyring.enter(device)))


@pytest.fixture
async def decisions(school: School) -> list[tuple[str, str, Any]]:
    member, new = await school.learner(), await school.learner()
    club = await school.organization(student=member)
    names = {"default": DEFAULT_ORGANIZATION_ID, "club": club, "member": member.id, "new": new.id}
    return [(method, path.format(**names), body) for method, path, body in DECISIONS]


async def program_of(owner: Signed, keyring: Keyring) -> Signed:
    made = data(await owner.ask("POST", "/me/api-tokens", {"name": "All", "scopes": list(Scope)}))
    return Signed(keyring.client, {"access_token": made["token"]})


async def test_nothing_of_it_is_for_a_program(
    root: Signed, keyring: Keyring, decisions: list[tuple[str, str, Any]]
) -> None:
    program = await program_of(root, keyring)
    for decision in decisions:
        assert refusal(await program.ask(*decision)) == (403, "session_needed"), decision
    assert (await program.ask("PATCH", decisions[-1][1], {"name": "Hive"})).status_code == 200


async def test_all_of_it_wants_the_second_factor_just_now(
    root: Signed, keyring: Keyring, device: Device, engine: AsyncEngine, decisions: list[tuple[str, str, Any]]
) -> None:
    await stale(engine)
    for decision in decisions:
        assert refusal(await root.ask(*decision)) == (403, "step_up_required"), decision
    async with engine.begin() as conn:
        await conn.execute(text("update sessions set second_factor_at = null"))
    for decision in decisions:
        assert refusal(await root.ask(*decision)) == (403, "step_up_required"), decision
    keyring.signed = root
    assert (await keyring.step_up(device)).status_code == 204
    for decision in decisions:
        assert (await root.ask(*decision)).is_success, decision


async def test_an_organizations_admin_is_asked_as_well_and_answers_for_their_own_membership_freely(
    keyring: Keyring, device: Device, school: School, engine: AsyncEngine
) -> None:
    root, new = await school.admin(), await school.learner()
    club, me = await school.organization(), data(await keyring.signed.ask("GET", "/me"))["id"]
    await root.json("PUT", f"/organizations/{club}/members/{me}", {"role": "admin"})
    ada = Signed(keyring.client, data(await keyring.enter(device)))
    program = await program_of(ada, keyring)
    await stale(engine)
    invite = "PUT", f"/organizations/{club}/members/{new.id}", {"role": "student"}
    assert refusal(await ada.ask(*invite)) == (403, "step_up_required")
    assert refusal(await program.ask(*invite)) == (403, "session_needed")
    assert (await program.ask("POST", f"/me/memberships/{club}/accept")).status_code == 200
    await root.json("PUT", f"/organizations/{club}/members/{new.id}", {"role": "admin"})
    assert (await ada.ask("DELETE", f"/me/memberships/{club}")).status_code == 204


async def test_who_stands_in_for_an_organizations_admin_decides_in_their_own_name(
    admin: Signed, school: School
) -> None:
    boss, new = await school.learner(), await school.learner()
    club = await school.organization(admin=boss)
    made = data(await admin.ask("POST", f"/users/{boss.id}/act-as", {"reason": "Ticket 4711"}))
    acting = Person(boss.actor, boss.client)
    acting.client.headers["authorization"] = f"Bearer {made['access_token']}"
    invite = "PUT", f"/organizations/{club}/members/{new.id}", {"role": "student"}
    assert await acting.refused(*invite) == (403, "owner_needed")
    assert (await admin.ask(*invite)).is_success
