"""Counted attempts that all instances share: one script, by the clock of Redis."""

import math
from collections.abc import Sequence

from redis.asyncio import Redis

from lms_adapters.redis.connection import reached
from lms_domain.identity.lockout import MEMORY_SECONDS, Lock

# KEYS: the locks. ARGV: the seconds that are remembered, then how many at once of each, -1 for any number.
# Answers the seconds to wait.
_BEGIN = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local wait = 0
for i, key in ipairs(KEYS) do
    local kept, most = redis.call('HMGET', key, 'opens', 'under_way'), tonumber(ARGV[i + 1])
    wait = math.max(wait, tonumber(kept[1] or '0') - now)
    if most >= 0 and tonumber(kept[2] or '0') >= most then wait = math.max(wait, 1) end
end
if wait > 0 then return tostring(wait) end
for _, key in ipairs(KEYS) do
    redis.call('HINCRBY', key, 'under_way', 1)
    redis.call('EXPIRE', key, ARGV[1])
end
return '0'
"""

# ARGV: the seconds that are remembered, then free and longest of each.
_FAIL = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
for i, key in ipairs(KEYS) do
    local free, longest = tonumber(ARGV[i * 2]), tonumber(ARGV[i * 2 + 1])
    redis.call('HINCRBY', key, 'under_way', -1)
    local over = redis.call('HINCRBY', key, 'failures', 1) - free
    if over >= 0 then
        local opens = now + math.min(2 ^ math.min(over, 30), longest)
        redis.call('HSET', key, 'opens', string.format('%.3f', opens - 0.0005))  -- rounded down
    end
    redis.call('EXPIRE', key, ARGV[1])
end
"""

# ARGV: for each lock 1 when it is cleared.
_SUCCEED = """
for i, key in ipairs(KEYS) do
    if ARGV[i] == '1' then
        redis.call('DEL', key)
    elseif redis.call('EXISTS', key) == 1 then
        redis.call('HINCRBY', key, 'under_way', -1)
    end
end
"""


class RedisAttempts:
    def __init__(self, redis: Redis) -> None:
        self._begin, self._fail, self._succeed = map(redis.register_script, (_BEGIN, _FAIL, _SUCCEED))

    async def begin(self, locks: Sequence[Lock], /) -> int:
        at_once = [-1 if lock.at_once is None else lock.at_once for lock in locks]
        wait = await reached(lambda: self._begin(keys=_keys(locks), args=[MEMORY_SECONDS, *at_once]))
        return math.ceil(float(wait))

    async def fail(self, locks: Sequence[Lock], /) -> None:
        rules = [number for lock in locks for number in (lock.free, lock.longest)]
        await reached(lambda: self._fail(keys=_keys(locks), args=[MEMORY_SECONDS, *rules]))

    async def succeed(self, locks: Sequence[Lock], /) -> None:
        await reached(lambda: self._succeed(keys=_keys(locks), args=[int(lock.is_cleared) for lock in locks]))


def _keys(locks: Sequence[Lock]) -> list[str]:
    return [f"lms:attempts:{lock.key}" for lock in locks]
