"""People with accounts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.devices import Device
from tests.integration.http.hesitation import Hesitation
from tests.integration.http.keyring import ADDRESS, Keyring, forget_attempts
from tests.integration.http.mailbox import Mailbox
from tests.integration.http.processes import start  # noqa: F401 - found here by name
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_entrypoints.container import Container
from lms_entrypoints.services import Services


@pytest.fixture
async def ada(client: httpx.AsyncClient, engine: AsyncEngine) -> str:
    body = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    async with engine.connect() as conn:
        found = await conn.execute(text("select id from users where email = :email"), {"email": body["email"]})
        return str(found.scalar_one())


@pytest.fixture
async def admin(client: httpx.AsyncClient, services: Services) -> Signed:
    await services.accounts.create(
        services.run, email="root@example.org", full_name="Root", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    return await sign_in(client, "root@example.org")


@pytest.fixture
async def keyring(client: httpx.AsyncClient, engine: AsyncEngine, container: Container) -> AsyncIterator[Keyring]:
    """Ada's, with nothing on it; nobody has tried anything yet."""
    forget_attempts(container)
    body = {"email": ADDRESS, "password": PASSWORD, "full_name": "Ada"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    yield Keyring(client, await sign_in(client))
    forget_attempts(container)


@pytest.fixture
async def bea(keyring: Keyring) -> Keyring:
    """Somebody else's."""
    body = {"email": "bea@example.org", "password": PASSWORD, "full_name": "Bea"}
    assert (await keyring.client.post("/api/v1/auth/register", json=body)).status_code == 201
    return Keyring(keyring.client, await sign_in(keyring.client, body["email"]))


@pytest.fixture
async def device(keyring: Keyring) -> Device:
    """Ada's."""
    made = Device()
    await keyring.added(made)
    return made


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
def hesitation(services: Services, monkeypatch: pytest.MonkeyPatch) -> Hesitation:
    made, passwords = Hesitation(), services.accounts._passwords
    verify = passwords.verify

    async def slow(password: Secret, hashed: Secret | None, **line: Any) -> bool:
        right = await verify(password, hashed, **line)
        if not made.found.is_set():
            made.found.set()
            await made.go_on.wait()
        return right

    monkeypatch.setattr(passwords, "verify", slow)
    return made
