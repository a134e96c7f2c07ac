"""Which API tokens are looked up, and how often: whoever makes them up does not keep the database busy."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from lms_adapters.memory.gate import MemoryGate
from lms_adapters.security.seals import HmacSeals
from lms_domain.identity.api_tokens import MARK, ApiTokenId, digest_of
from lms_domain.identity.errors import TooManyRequests
from lms_domain.identity.views import KnownApiToken
from lms_domain.kernel import UserId, new_id
from lms_entrypoints.api_tokens import KEPT_SECONDS, PURPOSE, ApiTokenNotGood, ApiTokens

HERE, ELSEWHERE = "192.0.2.1", "198.51.100.1"


class Database:
    """Knows some tokens, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.good: dict[bytes, KnownApiToken] = {}

    def add(self, token: str) -> str:
        self.good[digest_of(token)] = KnownApiToken(
            id=ApiTokenId(new_id()),
            user_id=UserId(new_id()),
            roles=[],
            auth_version=1,
            scopes=[],
            networks=[],
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )
        return token

    async def __call__(self, _use_case: object, digest: bytes) -> Any:
        self.asked += 1
        return self.good.get(digest)


@pytest.fixture
def database() -> Database:
    return Database()


def server(database: Database, *, key: str = "a key", strange: str = "5/3600") -> ApiTokens:
    run: Any = database
    return ApiTokens(run, HmacSeals(key), MemoryGate(), strange=strange)


async def refused(tokens: ApiTokens, token: str, ip: str = HERE) -> type[Exception]:
    with pytest.raises((ApiTokenNotGood, TooManyRequests)) as refusal:
        await tokens.read(token, ip)
    return refusal.type


def test_each_is_another_and_bears_the_mark(database: Database) -> None:
    tokens = server(database)
    made = {tokens.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(tokens.is_one(token) and len(token) == 68 and token.isascii() for token in made)


async def test_made_up_ones_are_counted_before_the_database_is_asked(database: Database) -> None:
    tokens = server(database)
    made_up = [f"{MARK}{n:064}" for n in range(20)]
    outcomes = [await refused(tokens, token) for token in made_up]
    assert outcomes == [ApiTokenNotGood] * 5 + [TooManyRequests] * 15
    assert database.asked == 5
    assert await refused(tokens, made_up[0], ELSEWHERE) is ApiTokenNotGood, "another network"
    assert not tokens._kept, "they fill no memory"


async def test_the_seal_of_something_else_is_none(database: Database) -> None:
    tokens = server(database, strange="1/3600")
    other = MARK + HmacSeals("a key").seal("challenge", new_id())
    assert [await refused(tokens, other) for _ in range(2)] == [ApiTokenNotGood, TooManyRequests]


@pytest.mark.parametrize("token", ["lms_", "lms_é\udcff\0", "lms_" + "x" * 10_000, "lms_lms_" + "A" * 64])
async def test_whatever_else_is_sent_is_refused(database: Database, token: str) -> None:
    assert await refused(server(database), token) is ApiTokenNotGood


async def test_ours_are_never_counted_and_looked_up_once_a_minute(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = server(database, strange="1/3600")
    await refused(tokens, f"{MARK}{1:064}")
    database.asked = 0
    mine = [database.add(tokens.new_secret()) for _ in range(10)]
    for token in mine * 2:
        await tokens.read(token, HERE)
    assert database.asked == 10
    later = time.monotonic() + KEPT_SECONDS
    hands = SimpleNamespace(time=time.time, monotonic=lambda: later)
    monkeypatch.setattr("lms_entrypoints.api_tokens.time", hands)
    await tokens.read(mine[0], HERE)
    assert database.asked == 11


async def test_a_revoked_one_is_looked_up_no_more_often(database: Database) -> None:
    tokens = server(database)
    revoked = tokens.new_secret()
    assert [await refused(tokens, revoked) for _ in range(50)] == [ApiTokenNotGood] * 50
    assert database.asked == 1


async def test_those_of_a_key_that_was_replaced_stay_good(database: Database) -> None:
    old = database.add(server(database, key="the key before").new_secret())
    tokens = server(database, strange="2/3600")
    for _ in range(10):  # it is looked up, and counted, once
        await tokens.read(old, HERE)
    assert database.asked == 1
    assert [await refused(tokens, f"{MARK}{n:064}") for n in range(2)] == [ApiTokenNotGood, TooManyRequests]
    assert (await tokens.read(old, HERE)).auth_version == 1


async def test_the_limit_may_be_off(database: Database) -> None:
    tokens = server(database, strange="off")
    assert {await refused(tokens, f"{MARK}{n:064}") for n in range(50)} == {ApiTokenNotGood}


def test_a_seal_is_of_no_use_for_anything_else(database: Database) -> None:
    token = server(database).new_secret().removeprefix(MARK)
    seals = HmacSeals("a key")
    assert seals.open(PURPOSE, token)
    assert not any(seals.open(purpose, token) for purpose in ("challenge", "password_reset", "api tokens"))
