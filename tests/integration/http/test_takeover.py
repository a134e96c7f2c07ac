"""What is refused to who was in an account before its owner, stands in for them, or holds a token of theirs."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device
from tests.integration.http.keyring import ADDRESS, Keyring, data, refusal
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.signed import PASSWORD, Signed

from lms_domain.identity import use_cases
from lms_domain.identity.api_tokens import Scope
from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID
from lms_entrypoints.services import Services

NEW = "a horse of another colour"


async def a_program(owner: Signed, client: httpx.AsyncClient) -> Signed:
    made = data(await owner.ask("POST", "/me/api-tokens", {"name": "All", "scopes": list(Scope)}))
    return Signed(client, {"access_token": made["token"]})


async def id_of(signed: Signed) -> str:
    return str(data(await signed.ask("GET", "/me"))["id"])


async def reset(keyring: Keyring, mailbox: Mailbox) -> None:
    await mailbox.emptied()
    await keyring.post("/auth/password/forgotten", {"email": ADDRESS})
    body = {"token": await mailbox.token(), "new_password": NEW}
    assert (await keyring.post("/auth/password/reset", body)).status_code == 204


async def entered(keyring: Keyring) -> dict[str, Any]:
    return data(await keyring.post("/auth/login", {"email": ADDRESS, "password": NEW}))


@pytest.mark.parametrize(
    "asked",
    [
        ("PATCH", "", {"roles": ["admin"]}),
        ("PATCH", "", {"is_active": False}),
        ("DELETE", "/mfa", None),
        ("POST", "/act-as", {"reason": "Ticket 4711"}),
    ],
)
async def test_with_an_admins_api_token_nobodys_rights_are_changed(
    admin: Signed, ada: str, client: httpx.AsyncClient, asked: tuple[str, str, Any]
) -> None:
    method, path, body = asked
    program = await a_program(admin, client)
    assert refusal(await program.ask(method, f"/users/{ada}{path}", body)) == (403, "session_needed")
    assert (await program.ask("PATCH", f"/users/{ada}", {"full_name": "Ada L."})).status_code == 200


async def test_nor_is_anybody_invited(admin: Signed, client: httpx.AsyncClient) -> None:
    body = {"email": "eve@example.org", "full_name": "Eve", "roles": ["admin"]}
    assert refusal(await (await a_program(admin, client)).ask("POST", "/users", body)) == (403, "session_needed")


async def test_who_proves_an_address_first_finds_nothing_left_of_who_made_the_account(
    keyring: Keyring, device: Device, mailbox: Mailbox, engine: AsyncEngine
) -> None:
    program = await a_program(keyring.signed, keyring.client)
    await reset(keyring, mailbox)
    assert not await program.is_in()
    assert not await keyring.signed.is_in()
    assert (await keyring.signed.refresh()).status_code == 401
    assert refusal(await keyring.enter(device)) == (401, "passkey_refused")
    keyring.signed.tokens = await entered(keyring)  # one step
    assert await keyring.state() == {"totp": False, "totp_since": None, "passkeys": 0, "recovery_codes_left": 0}
    async with engine.connect() as conn:
        trail = "select action from audit_entries order by seq desc limit 12"
        actions = set((await conn.execute(text(trail))).scalars())
    assert {"api_token.revoked", "user.mfa_disabled", "user.email_verified", "user.password_changed"} <= actions


async def test_what_was_made_after_the_address_was_proved_stays(
    keyring: Keyring, device: Device, mailbox: Mailbox
) -> None:
    token = await mailbox.token()
    assert (await keyring.post("/auth/email/verify", {"token": token, "password": PASSWORD})).status_code == 204
    program = await a_program(keyring.signed, keyring.client)
    await reset(keyring, mailbox)
    assert await program.is_in()
    assert (await entered(keyring))["mfa_required"]
    assert (await keyring.enter(device)).status_code == 200


async def test_an_admin_does_not_go_round_what_is_asked_of_them(
    keyring: Keyring, device: Device, services: Services
) -> None:
    await services.run(use_cases.set_roles, ADDRESS, [Role.ADMIN])
    keyring.signed.tokens = data(await keyring.enter(device))
    policy = f"/organizations/{DEFAULT_ORGANIZATION_ID}/policy"
    assert (await keyring.signed.ask("PUT", policy, {"mfa": "all"})).is_success
    me = await id_of(keyring.signed)
    for path in ("/me/mfa", f"/users/{me}/mfa"):
        assert refusal(await keyring.signed.ask("DELETE", path)) == (409, "mfa_is_required")
    assert (await keyring.signed.ask("PUT", policy, {})).is_success
    assert (await keyring.signed.ask("DELETE", f"/users/{me}/mfa")).status_code == 204


async def standing_in(admin: Signed, user_id: str, client: httpx.AsyncClient) -> Signed:
    return Signed(client, data(await admin.ask("POST", f"/users/{user_id}/act-as", {"reason": "Ticket 4711"})))


async def test_who_stands_in_or_has_a_token_guesses_at_no_password(keyring: Keyring, admin: Signed) -> None:
    acting = await standing_in(admin, await id_of(keyring.signed), keyring.client)
    guess = {"current_password": "guess", "new_password": NEW}
    for other, code in ((acting, "owner_needed"), (await a_program(keyring.signed, keyring.client), "session_needed")):
        for path, body in (
            ("/me/password", guess),
            ("/me/mfa/totp", {"current_password": "guess"}),
            ("/me/email", {"email": "eve@example.org", "current_password": "guess"}),
        ):
            answers = [refusal(await other.ask("POST", path, body)) for _ in range(3)]
            assert answers == [(403, code)] * 3
    right = {"current_password": PASSWORD, "new_password": NEW}
    assert (await keyring.signed.ask("POST", "/me/password", right)).status_code == 204


async def test_who_stands_in_ends_no_sign_in_of_the_owners(keyring: Keyring, admin: Signed) -> None:
    acting = await standing_in(admin, await id_of(keyring.signed), keyring.client)
    for path in ("end-others", "end-all"):
        assert refusal(await acting.ask("POST", f"/me/sessions/{path}")) == (403, "owner_needed")
    lines = await acting.sessions()
    [own] = [line["id"] for line in lines if line["current"]]
    [owners] = [line["id"] for line in lines if not line["current"]]
    assert refusal(await acting.ask("DELETE", f"/me/sessions/{owners}")) == (403, "owner_needed")
    assert (await acting.ask("DELETE", f"/me/sessions/{own}")).status_code == 204
    assert await keyring.signed.is_in()


async def test_who_is_being_closed_is_stood_in_for_by_nobody(
    keyring: Keyring, admin: Signed, engine: AsyncEngine
) -> None:
    user_id = await id_of(keyring.signed)
    async with engine.begin() as conn:
        await conn.execute(text("update users set is_active = false where id = :id"), {"id": user_id})
        asked = asyncio.create_task(admin.ask("POST", f"/users/{user_id}/act-as", {"reason": "Ticket 4711"}))
        await asyncio.sleep(0.5)
        assert not asked.done()
    assert refusal(await asked) == (403, "acting_refused")


async def test_who_is_no_admin_any_more_stands_in_for_nobody(
    keyring: Keyring, admin: Signed, services: Services, engine: AsyncEngine
) -> None:
    """Asked while they still were one: the answer waits for the user's row, and is given when they are not."""
    user_id = await id_of(keyring.signed)
    await services.run(
        use_cases.create_user,
        email="grace@example.org",
        full_name="Grace",
        roles=[Role.ADMIN],
        password_hash=Secret("of nobody"),
    )
    async with engine.begin() as conn:
        await conn.execute(text("select from users where id = :id for update"), {"id": user_id})
        asked = asyncio.create_task(admin.ask("POST", f"/users/{user_id}/act-as", {"reason": "Ticket 4711"}))
        await asyncio.sleep(0.5)
        assert not asked.done()
        await services.run(use_cases.set_roles, "root@example.org", [Role.STUDENT])
    assert refusal(await asked) == (403, "forbidden")
    async with engine.connect() as conn:
        held = await conn.execute(text("select count(*) from sessions where acting_admin_id is not null"))
        assert held.scalar_one() == 0


async def test_who_was_invited_and_has_not_come_yet_is_not_the_admin_who_stays(
    keyring: Keyring, admin: Signed, mailbox: Mailbox
) -> None:
    body = {"email": "grace@example.org", "full_name": "Grace", "roles": ["admin"]}
    assert (await admin.ask("POST", "/users", body)).status_code == 201
    me = f"/users/{await id_of(admin)}"
    assert refusal(await admin.ask("PATCH", me, {"roles": ["student"]})) == (409, "last_admin")
    chosen = {"token": await mailbox.token("grace@example.org"), "new_password": NEW}
    assert (await keyring.post("/auth/password/reset", chosen)).status_code == 204
    assert (await admin.ask("PATCH", me, {"roles": ["student"]})).status_code == 200
