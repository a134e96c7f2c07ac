"""How Redis is reached: nothing waits long for it, and nothing is tried twice behind a caller's back."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CONNECT_SECONDS, ANSWER_SECONDS = 1, 1
MOST_CONNECTIONS = 50


def open_redis(url: str) -> Redis:
    return Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
        max_connections=MOST_CONNECTIONS,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
    )
