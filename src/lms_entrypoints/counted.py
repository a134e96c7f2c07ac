"""Attempts are counted before they are made: of many at once only so many are under way."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from lms_domain.identity.errors import TooManyAttempts, WrongCredentials, WrongPassword
from lms_domain.identity.lockout import Attempts, Lock
from lms_domain.identity.mfa import WrongCode
from lms_domain.identity.passkeys import PasskeyRefused
from lms_domain.identity.webauthn import WrongPasskey

WRONG = (PasskeyRefused, WrongCode, WrongCredentials, WrongPasskey, WrongPassword)


@asynccontextmanager
async def counted(attempts: Attempts, locks: Sequence[Lock], what: str) -> AsyncIterator[None]:
    """What was tried was wrong if it is refused as WRONG, and right if it goes through.

    Whatever else ends it is neither: a time limit, hashes that wait in line, an answer that is given once more. It
    gives its place back, so that nobody fills an account's places with attempts that never end.
    """
    if wait := await asyncio.shield(attempts.begin(locks)):
        raise TooManyAttempts(wait, what)
    end = attempts.release
    try:
        yield
        end = attempts.succeed
    except WRONG:
        end = attempts.fail
        raise
    finally:
        await asyncio.shield(end(locks))
