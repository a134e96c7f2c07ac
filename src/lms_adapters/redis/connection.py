"""How Redis is reached: nothing waits long for it, and nothing is tried twice behind a caller's back."""

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from lms_domain.kernel import Unavailable

PATIENCE = 1  # seconds
MOST_CONNECTIONS = 20  # a question takes less than a millisecond


def open_redis(url: str, *, seconds: float = PATIENCE) -> Redis:
    """`seconds`: for a connection of the pool, for connecting, and for an answer."""
    pool = BlockingConnectionPool.from_url(
        url or "redis://",  # made where none is set, and never connected
        timeout=seconds,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        max_connections=MOST_CONNECTIONS,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


async def reached(call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await call()
    except (RedisError, OSError) as error:
        raise Unavailable from error
