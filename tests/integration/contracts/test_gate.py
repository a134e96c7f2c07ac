"""What any gate promises. Runs in memory and on a real server of the Redis protocol alike."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

import pytest
from redis.asyncio import Redis

from lms_adapters.memory.gate import MemoryGate
from lms_adapters.redis.connection import open_redis
from lms_adapters.redis.gate import RECALLED, RedisGate
from lms_domain.identity.gate import VOID, Bucket, Gate
from lms_domain.identity.views import Bearer, Revoked
from lms_domain.kernel import Actor, SessionId, Unavailable, UserId, new_id

SLOW = Bucket("slow", 20, 3600)


def a_bearer(*, version: int = 1) -> Bearer:
    session_id = SessionId(new_id())
    actor = Actor(id=UserId(new_id()), session_id=session_id)
    return Bearer(actor=actor, session_id=session_id, auth_version=version, expires_at=0)


class Past:
    """What PostgreSQL knows."""

    def __init__(self) -> None:
        self.revoked = Revoked(sessions=[], versions={})
        self.asked = 0

    async def recall(self, _: datetime) -> Revoked:
        self.asked += 1
        return self.revoked


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture(params=["memory", "redis"])
def gate(request: pytest.FixtureRequest, past: Past) -> Gate:
    if request.param == "memory":
        return MemoryGate(past.recall)
    return RedisGate(request.getfixturevalue("redis"), past.recall, token_minutes=15)


async def lost(*_: object, **__: object) -> None:
    raise ConnectionError


async def is_void(gate: Gate, bearer: Bearer) -> bool:
    return (await gate.ask(bearer, ())).revoked


async def test_a_token_is_good_until_its_session_ends(gate: Gate) -> None:
    mine, other = a_bearer(), a_bearer()
    assert not await is_void(gate, mine)
    await gate.end_session(mine.session_id)
    assert await is_void(gate, mine)
    assert not await is_void(gate, other)


async def test_tokens_of_older_versions_are_void_and_it_never_goes_back(gate: Gate) -> None:
    old, new = a_bearer(version=1), a_bearer(version=3)
    await gate.outdate_tokens(old.actor.id, 2)
    await gate.outdate_tokens(new.actor.id, 3)
    await gate.outdate_tokens(new.actor.id, 2)  # an event that comes late
    assert await is_void(gate, old)
    assert not await is_void(gate, new)
    older = Bearer(actor=new.actor, session_id=new.session_id, auth_version=2, expires_at=0)
    assert await is_void(gate, older)


@pytest.mark.parametrize("end", ["session", "version", "own session", "own version"])
async def test_with_an_admin_behind_it_a_token_rests_on_two_sign_ins(gate: Gate, end: str) -> None:
    admin, mine = a_bearer(version=3), a_bearer()
    acting = replace(mine, admin=admin.rests_on[0])
    few = Bucket("b", 5, 3600)
    verdict = await gate.ask(acting, [SLOW, few])
    assert (verdict.revoked, verdict.admitted) == (False, True)
    assert verdict.level
    assert (verdict.level.limit, verdict.level.remaining) == (5, 4), "the buckets are those that were asked about"
    match end:
        case "session":
            await gate.end_session(admin.session_id)
        case "version":
            await gate.outdate_tokens(admin.actor.id, 4)
        case "own session":
            await gate.end_session(mine.session_id)
        case _:
            await gate.outdate_tokens(mine.actor.id, 2)
    assert await gate.ask(acting, [SLOW, few]) == VOID
    assert await is_void(gate, mine) == end.startswith("own")


@pytest.mark.parametrize("revoked", ["told", "recalled"])
async def test_a_void_token_takes_from_no_bucket_and_a_good_one_once(gate: Gate, past: Past, revoked: str) -> None:
    out, mine = a_bearer(), a_bearer()
    past.revoked = Revoked(sessions=[out.session_id] if revoked == "recalled" else [], versions={})
    if revoked == "told":
        await gate.end_session(out.session_id)
    for _ in range(30):
        assert await gate.ask(out, [SLOW]) == VOID
    verdict = await gate.ask(mine, [SLOW])
    assert verdict.level
    assert (verdict.admitted, verdict.level.remaining) == (True, 19)


async def test_who_comes_first_to_a_gate_that_knows_nothing_pays_once(gate: Gate) -> None:
    verdict = await gate.ask(a_bearer(), [SLOW])
    assert verdict.level
    assert (verdict.admitted, verdict.level.remaining) == (True, 19)


async def test_what_was_revoked_before_is_recalled_once(gate: Gate, past: Past) -> None:
    out, outdated, fine = a_bearer(), a_bearer(), a_bearer()
    past.revoked = Revoked(sessions=[out.session_id], versions={outdated.actor.id: 2})
    found = await asyncio.gather(*(is_void(gate, bearer) for bearer in (out, outdated, fine)))
    assert found == [True, True, False]
    assert await is_void(gate, out)
    assert past.asked <= 3  # those who came before it was known
    asked = past.asked
    assert not await is_void(gate, fine)
    assert past.asked == asked


async def test_of_a_hundred_at_once_a_bucket_of_twenty_admits_twenty(gate: Gate) -> None:
    verdicts = await asyncio.gather(*(gate.ask(None, [SLOW]) for _ in range(100)))
    assert sum(verdict.admitted for verdict in verdicts) == 20
    levels = [verdict.level for verdict in verdicts if verdict.level]
    assert min(level.remaining for level in levels) == 0
    assert {level.limit for level in levels} == {20}
    assert 3_000 < max(level.reset for level in levels) <= 3_600
    assert 100 < max(level.wait for level in levels) <= 180


async def test_buckets_are_apart_and_all_of_them_must_have_a_token(gate: Gate) -> None:
    one, other = Bucket("one", 1, 3600), Bucket("other", 5, 3600)
    assert (await gate.ask(None, [one, other])).admitted
    for _ in range(3):  # nothing is taken from the one that has some
        assert not (await gate.ask(None, [one, other])).admitted
    verdict = await gate.ask(None, [other])
    assert verdict.admitted
    assert verdict.level is not None
    assert verdict.level.remaining == 3


async def test_a_bucket_fills_again(gate: Gate) -> None:
    quick = Bucket("quick", 2, 1)
    assert [(await gate.ask(None, [quick])).admitted for _ in range(3)] == [True, True, False]
    await asyncio.sleep(0.6)
    assert (await gate.ask(None, [quick])).admitted


async def test_without_buckets_there_is_no_level(gate: Gate) -> None:
    assert (await gate.ask(None, ())).level is None


async def test_several_processes_share_one_bucket(redis: Redis, redis_url: str, past: Past) -> None:
    clients = [open_redis(redis_url, seconds=30) for _ in range(4)]
    gates = [RedisGate(client, past.recall, token_minutes=15) for client in clients]
    verdicts = await asyncio.gather(*(gates[n % 4].ask(None, [SLOW]) for n in range(100)))
    assert sum(verdict.admitted for verdict in verdicts) == 20
    for client in clients:
        await client.aclose()
    assert await redis.dbsize() == 1


async def test_a_redis_that_was_wiped_is_told_again(redis: Redis, past: Past) -> None:
    gate, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer()
    await gate.end_session(mine.session_id)
    assert await is_void(gate, mine)
    past.revoked = Revoked(sessions=[mine.session_id], versions={})
    await redis.flushdb()
    assert await is_void(gate, mine)


async def test_a_redis_with_the_memory_of_another_one_is_told_again(redis: Redis, past: Past) -> None:
    gate, out, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer(), a_bearer()
    assert not await is_void(gate, out)
    past.revoked = Revoked(sessions=[out.session_id], versions={})
    await redis.set(RECALLED, "0" * 40)  # as in a file or a replica of that one
    assert await is_void(gate, out)
    assert not await is_void(gate, mine)
    assert past.asked == 2


async def test_what_one_server_was_told_the_next_one_is_not_taken_to_know(
    redis: Redis, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer()
    write: Callable[..., Awaitable[object]] = redis.set

    async def elsewhere(key: str, _: object) -> None:
        await write(key, "0" * 40)  # the server that had this name is away by now

    with monkeypatch.context() as patched:
        patched.setattr(redis, "set", elsewhere)
        with pytest.raises(Unavailable):
            await gate.ask(mine, ())
    assert not await is_void(gate, mine)


async def test_a_server_that_does_not_tell_its_name_lets_nobody_in(redis: Redis, redis_url: str, past: Past) -> None:
    await redis.acl_setuser("shy", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-info"])
    client = open_redis(redis_url.replace("://", "://shy:any@"), seconds=30)
    gate = RedisGate(client, past.recall, token_minutes=15)
    assert (await gate.ask(None, [SLOW])).admitted
    with pytest.raises(Unavailable):
        await gate.ask(a_bearer(), ())
    await client.aclose()
    await redis.acl_deluser("shy")


async def test_one_question_is_one_round_trip(redis: Redis, past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    gate, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer()
    await gate.ask(mine, [SLOW])
    calls: list[object] = []
    send: Callable[..., object] = redis.execute_command

    def noted(*args: object, **options: object) -> object:
        calls.append(args)
        return send(*args, **options)

    monkeypatch.setattr(redis, "execute_command", noted)
    await gate.ask(mine, [SLOW, Bucket("b", 1, 1)])
    assert len(calls) == 1


async def test_nothing_that_was_kept_stays_for_ever(redis: Redis, past: Past) -> None:
    gate, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer()
    await gate.end_session(mine.session_id)
    await gate.outdate_tokens(mine.actor.id, 2)
    await gate.ask(None, [SLOW])
    lives = [await redis.ttl(key) for key in await redis.keys("*")]
    assert len(lives) == 3
    assert all(0 < life <= 3601 for life in lives)


async def test_a_redis_that_is_away_is_unavailable(past: Past) -> None:
    client = open_redis("redis://127.0.0.1:1")
    gate = RedisGate(client, past.recall, token_minutes=15)
    for asked in (gate.ask(None, ()), gate.end_session(SessionId(new_id())), gate.outdate_tokens(UserId(new_id()), 2)):
        with pytest.raises(Unavailable):
            await asked
    await client.aclose()


async def test_what_was_revoked_while_redis_was_away_is_recalled_once(
    redis: Redis, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, out, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer(), a_bearer()
    assert not await is_void(gate, out)
    with monkeypatch.context() as patched:
        patched.setattr(redis, "execute_command", lost)
        for asked in (gate.end_session(out.session_id), gate.outdate_tokens(mine.actor.id, 2), gate.ask(mine, ())):
            with pytest.raises(Unavailable):
                await asked
    past.revoked, asked_before = Revoked(sessions=[out.session_id], versions={}), past.asked
    found = await asyncio.gather(*(is_void(gate, bearer) for bearer in [out, mine] * 50))
    assert found == [True, False] * 50
    assert past.asked == asked_before + 1, "once an outage, not once a failure or a request"


async def test_while_it_goes_on_being_away_nobody_waits_for_the_failure_of_another(
    redis: Redis, past: Past, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, mine = RedisGate(redis, past.recall, token_minutes=15), a_bearer()
    ask: Callable[..., Awaitable[object]] = gate._answer
    answered, tried, all_have_asked = [0], [0], asyncio.Event()

    async def noted(*given: object) -> object:
        answer = await ask(*given)
        answered[0] += 1
        if answered[0] == 20:
            all_have_asked.set()
        return answer

    async def hanging(*_: object, **__: object) -> None:
        tried[0] += 1
        await all_have_asked.wait()
        raise ConnectionError

    monkeypatch.setattr(gate, "_answer", noted)
    monkeypatch.setattr(gate, "_which_script", hanging)  # it answered, and is away again
    found = await asyncio.gather(*(gate.ask(mine, ()) for _ in range(20)), return_exceptions=True)
    assert {type(each) for each in found} == {Unavailable}
    assert tried == [1]
