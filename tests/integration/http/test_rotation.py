"""Secrets are replaced in Vault while people are signed in, and what is wrong there harms nobody."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from tests.integration.http.signed import PASSWORD, sign_in
from tests.integration.served import transport_to
from tests.integration.vault_server import StubVault, a_vault

from lms_adapters.mail.smtp import SmtpMailer
from lms_entrypoints import configuration, settings
from lms_entrypoints.adapters import take
from lms_entrypoints.container import Container, close
from lms_entrypoints.rotation import Rotation

JWKS = "/.well-known/jwks.json"
Kept = dict[str, Any]


def a_key() -> str:
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


OLD, NEW = a_key(), a_key()


@pytest.fixture
def stub(database_url: str) -> Iterator[StubVault]:
    kept = {"DATABASE_URL": database_url, "TOKENS_SIGNING_KEY": OLD, "MAIL_PASSWORD": "one", "REDIS_URL": ""}
    with a_vault(versions=[kept]) as made:
        yield made


class Served:
    """A server process: its app, and the rotation that a test steps through."""

    def __init__(self, client: httpx.AsyncClient, container: Container, rotation: Rotation, stub: StubVault) -> None:
        self.client, self.container, self._rotation, self._stub = client, container, rotation, stub

    async def replace(self, **changes: Any) -> list[Any]:
        """In Vault; what the next look at it logs."""
        self._stub.versions.append((self._stub.versions[-1] or {}) | changes)
        return await self.look()

    async def look(self) -> list[Any]:
        with capture_logs() as lines:
            await self._rotation.step()
        return [(line["event"], *line.get("names", [])) for line in lines]


@pytest.fixture
async def served(stub: StubVault, engine: AsyncEngine) -> AsyncIterator[Served]:
    del engine  # but its tables are empty
    env = {
        "ENVIRONMENT": "test",
        "VAULT_ADDR": stub.address,
        "VAULT_TOKEN": stub.made_token(),
        "SECURITY_BCRYPT_ROUNDS": "4",
        "DATABASE_POOL_SIZE": "3",
        "MAIL_HOST": "mail.example.org",
    }
    kept = configuration.kept_in_vault(env)
    given = settings.load(env, kept)
    container = Container(settings=given)
    services = container.services()
    transport = transport_to(services)
    with configuration.vault(given.vault) as secrets:
        rotation = Rotation(secrets, kept, partial(take, container), seconds=0, env=env)
        async with httpx.AsyncClient(transport=transport, base_url="http://lms.test") as client:
            body = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
            await client.post("/api/v1/auth/register", json=body)
            yield Served(client, container, rotation, stub)
    await close(container)


async def kids(client: httpx.AsyncClient) -> list[str]:
    return [key["kid"] for key in (await client.get(JWKS)).json()["keys"]]


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


async def test_signing_keys_are_replaced_and_nobody_is_signed_out(served: Served) -> None:
    before = await sign_in(served.client)
    (old,) = await kids(served.client)
    assert await served.replace(TOKENS_OTHER_KEYS=NEW) == [("secrets_taken", "TOKENS_OTHER_KEYS")]
    taken = await served.replace(TOKENS_SIGNING_KEY=NEW, TOKENS_OTHER_KEYS=OLD)
    assert taken == [("secrets_taken", "TOKENS_OTHER_KEYS", "TOKENS_SIGNING_KEY")]
    after = await sign_in(served.client)
    (new,) = set(await kids(served.client)) - {old}
    assert (kid_of(before.tokens["access_token"]), kid_of(after.tokens["access_token"])) == (old, new)
    assert await before.is_in()
    assert await after.is_in()
    await served.replace(TOKENS_OTHER_KEYS="")
    assert not await before.is_in(), "though its signature was found good before"
    assert await after.is_in()
    assert (await before.refresh()).status_code == 200


async def test_what_is_wrong_is_logged_and_not_taken(served: Served, stub: StubVault) -> None:
    mine = await sign_in(served.client)
    for changes in ({"TOKENS_SIGNING_KEY": "hs256:short"}, {"TOKENS_OTHER_KEYS": "x"}, {"SECURITY_SECRET_KY": "x"}):
        good = dict(stub.versions[-1] or {})
        assert await served.replace(**changes) == [("secrets_refused",)]
        stub.versions.append(good)
    assert await served.look() == []
    stub.is_sealed = True
    assert await served.look() == [("secrets_away",)]
    stub.is_sealed = False
    stub.versions.append(None)
    assert await served.look() == [("secrets_away",)]
    assert await mine.is_in()
    assert kid_of((await sign_in(served.client)).tokens["access_token"]) == kid_of(mine.tokens["access_token"])


async def test_what_cannot_be_swapped_waits_and_is_named_once(served: Served) -> None:
    mine = await sign_in(served.client)
    key = {"SECURITY_SECRET_KEY": "9d2e1f0c7b6a5948372615049c8d7e6f"}
    assert await served.replace(**key) == [("secrets_wait_for_a_restart", "SECURITY_SECRET_KEY")]
    assert await served.look() == []
    assert await served.replace(MAIL_PASSWORD="two") == [
        ("secrets_taken", "MAIL_PASSWORD"),
        ("secrets_wait_for_a_restart", "SECURITY_SECRET_KEY"),
    ]
    mailer = served.container.mailer()
    assert isinstance(mailer, SmtpMailer)
    assert mailer._password.reveal() == "two"
    assert (await mine.refresh()).status_code == 200


@pytest.fixture
async def role(engine: AsyncEngine) -> AsyncIterator[str]:
    async with engine.begin() as conn:
        await conn.execute(text("create role lms_rotated login superuser password 'two'"))
    yield "lms_rotated"
    async with engine.begin() as conn:
        await conn.execute(text("drop role lms_rotated"))


async def who(served: Served) -> list[str]:
    """As whom each of two connections at once is signed in."""
    connections = served.container.connections()
    query = text("select current_user")
    async with connections.reading() as one, connections.reading() as two:
        return [(await conn.execute(query)).scalar_one() for conn in (one, two)]


async def test_new_connections_use_the_new_credentials(
    served: Served, database_url: str, role: str, stub: StubVault
) -> None:
    async with served.container.connections().reading():
        pass
    user = database_url.partition("//")[2].partition("@")[0]
    url = database_url.replace(f"//{user}@", f"//{role}:two@")
    assert await served.replace(DATABASE_URL=url) == [("secrets_taken", "DATABASE_URL")]
    assert sorted(set(await who(served))) == sorted({user.partition(":")[0], role})
    assert stub.count("GET /v1/secret/data/lms") >= 2
    elsewhere = url.replace(f"//{role}:two@", f"//{role}:two@elsewhere")
    assert await served.replace(DATABASE_URL=elsewhere) == [("secrets_wait_for_a_restart", "DATABASE_URL")]
    await close(served.container)  # before the role goes
