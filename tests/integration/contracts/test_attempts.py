"""What counted attempts promise, in memory and on a real server of the Redis protocol alike."""

import asyncio

import pytest
from redis.asyncio import Redis

from lms_adapters.memory.attempts import MemoryAttempts
from lms_adapters.redis.attempts import RedisAttempts
from lms_adapters.redis.connection import open_redis
from lms_domain.identity.lockout import Attempts, Lock
from lms_domain.kernel import Unavailable

ACCOUNT = [Lock("account", 3, 900, at_once=4)]
NETWORK = [Lock("network", 3, 60, at_once=None, is_cleared=False)]


@pytest.fixture(params=["memory", "redis"])
def attempts(request: pytest.FixtureRequest) -> Attempts:
    if request.param == "memory":
        return MemoryAttempts()
    return RedisAttempts(request.getfixturevalue("redis"))


async def failed(attempts: Attempts, locks: list[Lock], times: int) -> list[int]:
    waits = []
    for _ in range(times):
        waits.append(await attempts.begin(locks))
        if not waits[-1]:
            await attempts.fail(locks)
    return waits


async def test_the_first_failures_cost_nothing_and_then_it_is_closed(attempts: Attempts) -> None:
    assert await failed(attempts, ACCOUNT, 5) == [0, 0, 0, 1, 1]


async def test_a_success_forgets_the_failures_of_an_account(attempts: Attempts) -> None:
    await failed(attempts, ACCOUNT, 2)
    assert await attempts.begin(ACCOUNT) == 0
    await attempts.succeed(ACCOUNT)
    assert await failed(attempts, ACCOUNT, 4) == [0, 0, 0, 1]


async def test_a_success_forgets_nothing_of_a_network(attempts: Attempts) -> None:
    await failed(attempts, NETWORK, 2)
    assert await attempts.begin(NETWORK) == 0
    await attempts.succeed(NETWORK)
    assert await failed(attempts, NETWORK, 2) == [0, 1]


async def test_one_closed_lock_closes_both_and_counts_in_neither(attempts: Attempts) -> None:
    await failed(attempts, NETWORK, 3)
    assert await attempts.begin([*ACCOUNT, *NETWORK]) == 1
    assert await failed(attempts, ACCOUNT, 4) == [0, 0, 0, 1]


async def test_of_a_hundred_at_once_a_few_are_under_way(attempts: Attempts) -> None:
    waits = await asyncio.gather(*(attempts.begin(ACCOUNT) for _ in range(100)))
    assert sorted(waits) == [0] * 4 + [1] * 96
    await asyncio.gather(*(attempts.fail(ACCOUNT) for _ in range(4)))
    assert 1 <= await attempts.begin(ACCOUNT) <= 2


async def test_what_was_neither_right_nor_wrong_gives_back_its_place_and_counts_for_nothing(attempts: Attempts) -> None:
    await failed(attempts, ACCOUNT, 2)
    for _ in range(20):
        assert await attempts.begin(ACCOUNT) == 0
        await attempts.release(ACCOUNT)
    assert await failed(attempts, ACCOUNT, 2) == [0, 1]


async def test_a_success_gives_back_its_own_place_alone(attempts: Attempts) -> None:
    assert [await attempts.begin(ACCOUNT) for _ in range(5)] == [0] * 4 + [1]
    await attempts.succeed(ACCOUNT)
    assert [await attempts.begin(ACCOUNT) for _ in range(2)] == [0, 1]
    for _ in range(8):
        await attempts.release(ACCOUNT)  # more than there are
    assert [await attempts.begin(ACCOUNT) for _ in range(5)] == [0] * 4 + [1]


async def test_places_of_a_process_that_died_are_free_again(
    attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("memory", "redis"):
        monkeypatch.setattr(f"lms_adapters.{module}.attempts.PLACE_SECONDS", 0.2)
    assert [await attempts.begin(ACCOUNT) for _ in range(5)] == [0] * 4 + [1]
    await asyncio.sleep(0.3)
    assert [await attempts.begin(ACCOUNT) for _ in range(5)] == [0] * 4 + [1]


async def test_a_lock_remembers_for_as_long_as_it_says(redis: Redis) -> None:
    await failed(RedisAttempts(redis), [Lock("long", 3, 900, memory=7200)], 1)
    assert 7100 < await redis.ttl("lms:attempts:long") <= 7200
    now = 0.0
    attempts = MemoryAttempts(lambda: now)
    assert await failed(attempts, [Lock("long", 2, 900, memory=7200)], 1) == [0]
    now = 7100.0
    assert await failed(attempts, [Lock("long", 2, 900, memory=7200)], 2) == [0, 1]


def test_every_failure_doubles_the_wait_up_to_its_longest() -> None:
    lock = Lock("x", 5, 900)
    assert [lock.wait_after(n) for n in (4, 5, 6, 7, 14, 15, 1000)] == [0, 1, 2, 4, 512, 900, 900]


async def test_without_redis_nobody_counts() -> None:
    away = open_redis("redis://127.0.0.1:1")
    attempts = RedisAttempts(away)
    for call in (attempts.begin, attempts.fail, attempts.succeed, attempts.release):
        with pytest.raises(Unavailable):
            await call(ACCOUNT)
    await away.aclose()


async def test_redis_forgets_after_an_hour(redis: Redis) -> None:
    await failed(RedisAttempts(redis), [*ACCOUNT, *NETWORK], 1)
    for lock in (*ACCOUNT, *NETWORK):
        assert 3500 < await redis.ttl(f"lms:attempts:{lock.key}") <= 3600
