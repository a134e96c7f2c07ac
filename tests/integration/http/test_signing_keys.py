"""Keys are replaced while people are signed in, and others can read who they are with the published ones."""

from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.integration.http.signed import PASSWORD, Signed, sign_in
from tests.integration.served import transport_to

from lms_domain.kernel import Secret
from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import DatabaseSettings, Settings
from lms_entrypoints.token_settings import TokenSettings

JWKS = "/.well-known/jwks.json"
DEFAULT = f"hs256:{CHEAP.secret_key}"
Start = Callable[..., Awaitable[httpx.AsyncClient]]


def pem(key: Ed25519PrivateKey | RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


EDDSA = pem(Ed25519PrivateKey.generate())
RS256 = pem(generate_private_key(65537, 3072))


@pytest.fixture
async def start(engine: AsyncEngine, database_url: str) -> AsyncIterator[Start]:
    """Each call is the server after a restart with these keys."""
    del engine  # but its tables are empty
    opened: list[tuple[httpx.AsyncClient, Container]] = []

    async def process(signing: str = "", *others: str) -> httpx.AsyncClient:
        tokens = TokenSettings(signing_key=Secret(signing), other_keys=Secret("\n".join(others)))
        database = DatabaseSettings(url=database_url, pool_size=5)
        container = Container(settings=Settings(environment="test", database=database, security=CHEAP, tokens=tokens))
        services = container.services()
        transport = transport_to(services)
        opened.append((httpx.AsyncClient(transport=transport, base_url="http://lms.test"), container))
        return opened[-1][0]

    yield process
    for client, container in opened:
        await client.aclose()
        await close(container)


async def ada(client: httpx.AsyncClient) -> Signed:
    body = {"email": "ada@example.org", "password": PASSWORD, "full_name": "Ada"}
    assert (await client.post("/api/v1/auth/register", json=body)).status_code == 201
    return await sign_in(client)


async def is_in(signed: Signed, server: httpx.AsyncClient) -> bool:
    return (await signed.ask("GET", "/me", client=server)).status_code == 200


async def kids(server: httpx.AsyncClient) -> list[str]:
    return [key["kid"] for key in (await server.get(JWKS)).json()["keys"]]


async def test_with_hs256_no_key_is_published(start: Start) -> None:
    answer = await (await start()).get(JWKS)
    assert (answer.status_code, answer.json()) == (200, {"keys": []})
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize(("key", "algorithm"), [(EDDSA, "EdDSA"), (RS256, "RS256")], ids=["EdDSA", "RS256"])
async def test_another_service_reads_a_token_with_the_published_key(start: Start, key: str, algorithm: str) -> None:
    server = await start(key, DEFAULT)
    token = (await ada(server)).tokens["access_token"]
    (published,) = jwt.PyJWKSet.from_json((await server.get(JWKS)).text).keys
    head = jwt.get_unverified_header(token)
    assert head == {"alg": algorithm, "kid": published.key_id, "typ": "at+jwt"}
    assert jwt.decode(token, published, [algorithm], audience="lms", issuer="lms")["roles"] == ["student"]


async def test_whoever_sends_a_bad_token_may_still_read_the_public_keys(start: Start) -> None:
    server = await start(EDDSA)
    assert (await server.get(JWKS, headers={"authorization": "Bearer nonsense"})).status_code == 200


async def test_a_rotation_signs_nobody_out(start: Start) -> None:
    first = await start()
    mine = await ada(first)
    announced, changed, over = await start("", EDDSA), await start(EDDSA, DEFAULT), await start(EDDSA)
    assert await is_in(mine, announced)
    assert await is_in(mine, changed)
    assert await kids(announced) == await kids(changed) == await kids(over)
    new = await sign_in(changed)
    assert await is_in(new, announced), "a server that has not been restarted yet knows the next key"
    assert await is_in(new, over)
    assert not await is_in(mine, over), "a key that was taken away takes its tokens with it"
    renewed = Signed(over, mine.tokens)
    assert (await renewed.refresh()).status_code == 200, "but nobody's session"
    assert await is_in(renewed, over)


async def test_a_refresh_sent_twice_across_a_rotation_gets_the_same_refresh_token(start: Start) -> None:
    before, after = await start(), await start(RS256, DEFAULT)
    mine = await ada(before)
    lost, again = Signed(before, mine.tokens), Signed(after, mine.tokens)
    assert (await lost.refresh()).status_code == 200
    assert (await again.refresh()).status_code == 200
    assert lost.tokens["refresh_token"] == again.tokens["refresh_token"]
    assert await is_in(again, after)
