"""The gate that all instances share: one round trip to Redis, whatever is asked, by the clock of Redis."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from redis.asyncio import Redis

from lms_adapters.redis.connection import reached
from lms_domain.identity.gate import VOID, Bucket, Recall, Verdict, emptiest
from lms_domain.identity.views import Bearer
from lms_domain.kernel import SessionId, Unavailable, UserId

RECALLED = "lms:gate:recalled"  # names the server that was told what is void: any other one knows nothing of it
UNKNOWN = 2
MARGIN = 60  # seconds that an entry outlives the tokens it is about: clocks differ

# A server draws its name when it starts, and neither a file nor a replica has it of another one.
_SERVER = """
local function server()
    return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or error('INFO tells no run_id')
end
"""

# KEYS: RECALLED, session and user of each thing that the token rests on, buckets. ARGV: how many things those are, the
# auth version of each, then capacity and seconds of each bucket.
# Answers 0: good, 1: void, 2: not known; whether it is admitted; what each bucket has left, as text. Nothing is taken
# for a token that is not good: anybody may have it.
_ASK = """
local verdict, rests = 0, tonumber(ARGV[1])
for i = 1, rests do
    if redis.call('EXISTS', KEYS[2 * i]) == 1 then
        verdict = 1
    elseif tonumber(redis.call('GET', KEYS[2 * i + 1]) or '0') > tonumber(ARGV[i + 1]) then
        verdict = 1
    end
end
if rests > 0 and redis.call('GET', KEYS[1]) ~= server() then verdict = 2 end
if verdict ~= 0 then return {verdict, 0, {}} end
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local left, admitted = {}, 1
local before = 2 * rests + 1
for i = 1, #KEYS - before do
    local capacity, seconds = tonumber(ARGV[rests + 2 * i]), tonumber(ARGV[rests + 2 * i + 1])
    local kept = redis.call('HMGET', KEYS[before + i], 'tokens', 'at')
    local tokens, at = tonumber(kept[1] or capacity), tonumber(kept[2] or now)
    left[i] = math.min(capacity, tokens + math.max(0, now - at) * capacity / seconds)
    if left[i] < 1 then admitted = 0 end
end
for i = 1, #KEYS - before do
    left[i] = left[i] - admitted
    redis.call('HSET', KEYS[before + i], 'tokens', tostring(left[i]), 'at', string.format('%.6f', now))
    redis.call('EXPIRE', KEYS[before + i], tonumber(ARGV[rests + 2 * i + 1]) + 1)
    left[i] = tostring(left[i])
end
return {verdict, admitted, left}
"""
# Answers which server this is, and which one was told.
_WHICH = "return {server(), redis.call('GET', KEYS[1])}"
# Events may come again and in any order: the version never goes back.
_OUTDATE = """
if tonumber(redis.call('GET', KEYS[1]) or '0') <= tonumber(ARGV[1]) then
    redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
"""


class RedisGate:
    """`token_minutes`: how long an access token lives. Every call has the time limits of `redis`.

    What failed may have been a telling, here or elsewhere: after it nobody is let in before all was recalled once more.
    """

    def __init__(self, redis: Redis, recall: Recall, *, token_minutes: int) -> None:
        self._redis, self._recall, self._life = redis, recall, token_minutes * 60
        self._ask_script = redis.register_script(_SERVER + _ASK)
        self._which_script = redis.register_script(_SERVER + _WHICH)
        self._outdate_script = redis.register_script(_OUTDATE)
        self._recalling = asyncio.Lock()
        self._failures, self._made_up_for = 0, 0

    async def ask(self, bearer: Bearer | None, buckets: Sequence[Bucket], /) -> Verdict:
        verdict, admitted, left = await self._answer(bearer, buckets)
        if bearer is not None and (verdict == UNKNOWN or self._made_up_for < self._failures):
            await self._remember()
            if verdict == UNKNOWN:
                verdict, admitted, left = await self._answer(bearer, buckets)
            else:  # whose tokens were taken already
                verdict, _, _ = await self._answer(bearer, ())
            if verdict == UNKNOWN:  # by now it is another server
                raise Unavailable
        if verdict:
            return VOID
        return Verdict(revoked=False, admitted=bool(admitted), level=emptiest(buckets, [float(each) for each in left]))

    async def end_session(self, session_id: SessionId, /) -> None:
        await self._reached(lambda: self._redis.set(_session(session_id), 1, ex=self._life + MARGIN))

    async def outdate_tokens(self, user_id: UserId, auth_version: int, /) -> None:
        args = [auth_version, self._life + MARGIN]
        await self._reached(lambda: self._outdate_script(keys=[_user(user_id)], args=args))

    async def _answer(self, bearer: Bearer | None, buckets: Sequence[Bucket]) -> tuple[int, int, list[bytes]]:
        rests = bearer.rests_on if bearer else ()
        keys = [RECALLED]
        for each in rests:
            keys += [_session(each.session_id), _user(each.user_id)]
        keys += [f"lms:gate:bucket:{bucket.key}" for bucket in buckets]
        args = [len(rests), *(each.auth_version for each in rests)]
        for bucket in buckets:
            args += [bucket.capacity, bucket.seconds]
        answer: tuple[int, int, list[bytes]] = await self._reached(lambda: self._ask_script(keys=keys, args=args))
        return answer

    async def _remember(self) -> None:
        """Redis is new, was wiped, away, or is as it once was: tell it what was revoked of tokens that may live."""
        failures = self._failures
        async with self._recalling:
            if failures < self._failures:  # while others tried: nobody waits for one failure after another
                raise Unavailable
            server, told = await self._reached(lambda: self._which_script(keys=[RECALLED]))
            if server == told and self._made_up_for == failures:
                return
            revoked = await self._recall(datetime.now(UTC) - timedelta(seconds=self._life + MARGIN))
            for session_id in revoked.sessions:
                await self.end_session(session_id)
            for user_id, version in revoked.versions.items():
                await self.outdate_tokens(user_id, version)
            # Were it another one by now, that one would not take the name for its own.
            await self._reached(lambda: self._redis.set(RECALLED, server))
            self._made_up_for = failures

    async def _reached(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await reached(call)
        except Unavailable:
            self._failures += 1
            raise


def _session(id: SessionId) -> str:
    return f"lms:gate:session:{id}"


def _user(id: UserId) -> str:
    return f"lms:gate:user:{id}"
