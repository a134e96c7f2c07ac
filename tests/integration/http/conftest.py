"""People with accounts."""

import httpx
import pytest
from tests.integration.http.signed import PASSWORD, Signed, sign_in

from lms_domain.identity.model import Role
from lms_domain.kernel import Secret
from lms_entrypoints.services import Services


@pytest.fixture
async def ada(client: httpx.AsyncClient) -> str:
    body = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
    return str((await client.post("/api/v1/auth/register", json=body)).json()["data"]["id"])


@pytest.fixture
async def admin(client: httpx.AsyncClient, services: Services) -> Signed:
    await services.accounts.create(
        services.run, email="root@example.org", full_name="Root", password=Secret(PASSWORD), roles=[Role.ADMIN]
    )
    return await sign_in(client, "root@example.org")
