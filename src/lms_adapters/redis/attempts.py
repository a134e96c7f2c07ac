"""Counted attempts that all instances share: one script, by the clock of Redis."""

import math
from collections.abc import Sequence

from redis.asyncio import Redis

from lms_adapters.redis.connection import reached
from lms_domain.identity.lockout import PLACE_SECONDS, Lock

# KEYS: the locks. ARGV: the seconds that a place is held, then of each how many at once, -1 for any number, and the
# seconds that are remembered. Answers the seconds to wait.
_BEGIN = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local wait, under_way = 0, {}
for i, key in ipairs(KEYS) do
    local kept, most = redis.call('HMGET', key, 'opens', 'under_way', 'until'), tonumber(ARGV[i * 2])
    wait = math.max(wait, tonumber(kept[1] or '0') - now)
    under_way[i] = tonumber(kept[3] or '0') > now and tonumber(kept[2] or '0') or 0
    if most >= 0 and under_way[i] >= most then wait = math.max(wait, 1) end
end
if wait > 0 then return tostring(wait) end
for i, key in ipairs(KEYS) do
    local held = string.format('%.3f', now + tonumber(ARGV[1]))
    redis.call('HSET', key, 'under_way', under_way[i] + 1, 'until', held)
    redis.call('EXPIRE', key, ARGV[i * 2 + 1])
end
return '0'
"""

_RELEASE = """
for _, key in ipairs(KEYS) do
    if tonumber(redis.call('HGET', key, 'under_way') or '0') > 0 then redis.call('HINCRBY', key, 'under_way', -1) end
end
"""

# ARGV: of each free, longest, and the seconds that are remembered.
_FAIL = f"""{_RELEASE}
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
for i, key in ipairs(KEYS) do
    local free, longest = tonumber(ARGV[i * 3 - 2]), tonumber(ARGV[i * 3 - 1])
    local over = redis.call('HINCRBY', key, 'failures', 1) - free
    if over >= 0 then
        local opens = now + math.min(2 ^ math.min(over, 30), longest)
        redis.call('HSET', key, 'opens', string.format('%.3f', opens - 0.0005))  -- rounded down
    end
    redis.call('EXPIRE', key, ARGV[i * 3])
end
"""

# ARGV: for each lock 1 when it is cleared.
_SUCCEED = f"""{_RELEASE}
for i, key in ipairs(KEYS) do
    if ARGV[i] == '1' then redis.call('HDEL', key, 'failures', 'opens') end
end
"""


class RedisAttempts:
    def __init__(self, redis: Redis) -> None:
        self._begin, self._release = redis.register_script(_BEGIN), redis.register_script(_RELEASE)
        self._fail, self._succeed = redis.register_script(_FAIL), redis.register_script(_SUCCEED)

    async def begin(self, locks: Sequence[Lock], /) -> int:
        rules = [number for lock in locks for number in (-1 if lock.at_once is None else lock.at_once, lock.memory)]
        wait = await reached(lambda: self._begin(keys=_keys(locks), args=[PLACE_SECONDS, *rules]))
        return math.ceil(float(wait))

    async def fail(self, locks: Sequence[Lock], /) -> None:
        rules = [number for lock in locks for number in (lock.free, lock.longest, lock.memory)]
        await reached(lambda: self._fail(keys=_keys(locks), args=rules))

    async def succeed(self, locks: Sequence[Lock], /) -> None:
        await reached(lambda: self._succeed(keys=_keys(locks), args=[int(lock.is_cleared) for lock in locks]))

    async def release(self, locks: Sequence[Lock], /) -> None:
        await reached(lambda: self._release(keys=_keys(locks)))


def _keys(locks: Sequence[Lock]) -> list[str]:
    return [f"lms:attempts:{lock.key}" for lock in locks]
