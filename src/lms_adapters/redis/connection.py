"""How Redis is reached: nothing waits long for it, and nothing is tried twice behind a caller's back."""

from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from lms_domain.kernel import Unavailable

CONNECT_SECONDS = ANSWER_SECONDS = QUEUE_SECONDS = 1
MOST_CONNECTIONS = 20  # a question takes less than a millisecond


def open_redis(url: str) -> Redis:
    pool = BlockingConnectionPool.from_url(
        url or "redis://",  # made where none is set, and never connected
        timeout=QUEUE_SECONDS,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        max_connections=MOST_CONNECTIONS,
        retry=Retry(NoBackoff(), 0),
    )
    return Redis.from_pool(pool)


async def reached(call: Callable[[], Awaitable[Any]]) -> Any:
    try:
        return await call()
    except (RedisError, OSError) as error:
        raise Unavailable from error
