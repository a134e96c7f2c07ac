"""Attempts are counted before they are made: of many at once only so many are under way."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from lms_domain.idempotency import Replayed
from lms_domain.identity.errors import TooManyAttempts
from lms_domain.identity.lockout import Attempts, Lock

T = TypeVar("T")


async def counted(attempts: Attempts, locks: Sequence[Lock], tried: Callable[[], Awaitable[T]]) -> T:
    if wait := await attempts.begin(locks):
        raise TooManyAttempts(wait)
    try:
        result = await tried()
    except Replayed:
        await attempts.succeed(locks)
        raise
    except BaseException:
        await attempts.fail(locks)
        raise
    await attempts.succeed(locks)
    return result
