"""How many codes of six digits somebody can try who has the password, by a clock that is moved."""

from uuid import UUID

import pytest

from lms_adapters.memory.attempts import MemoryAttempts
from lms_domain.identity.lockout import Lock
from lms_domain.identity.mfa import locks_of_codes, locks_of_step_up
from lms_domain.kernel import Actor, SessionId, UserId, new_id

ADA = UserId(new_id())
DAY = 86_400


async def guesses(seconds: int, *doors: list[Lock]) -> int:
    """Through whichever of the doors lets one in first."""
    now, count = 0.0, 0
    attempts = MemoryAttempts(lambda: now)
    while now < seconds:
        waits = []
        for locks in doors:
            if wait := await attempts.begin(locks):
                waits.append(wait)
            else:
                await attempts.fail(locks)
                count += 1
        now += min(waits) if len(waits) == len(doors) else 0
    return count


@pytest.mark.parametrize(("seconds", "most"), [(300, 13), (DAY, 110), (2 * DAY, 206)])
async def test_a_stranger_tries_as_many_as_the_locks_say(seconds: int, most: int) -> None:
    assert abs(await guesses(seconds, locks_of_codes(ADA, None, "192.0.2.1")) - most) <= 1


async def test_who_has_many_devices_and_sessions_tries_not_many_more() -> None:
    devices = [locks_of_codes(ADA, UUID(int=n), "192.0.2.1") for n in range(200)]
    sessions = [locks_of_step_up(Actor(id=ADA, session_id=SessionId(UUID(int=n)))) for n in range(200)]
    assert await guesses(DAY, *devices) <= 160
    assert await guesses(DAY, *sessions) <= 160
