"""Guessing passwords gets slower with every wrong one, and the owner of the account is not locked out by it.

Whoever signs in from where they were before shows a device token, and is counted for that device alone: a stranger who
tries passwords for the account makes only strangers wait. How many attempts may be under way at once is bounded too:
whoever sends a thousand in the same moment has those few before the waiting begins.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

MEMORY_SECONDS = 3600  # after so long without an attempt all is forgotten
PLACE_SECONDS = 60  # a process that dies gives back no place: so long after the last one was taken they are all free


@dataclass(frozen=True, slots=True)
class Lock:
    """`free` failures cost nothing; the next ones double the wait, up to `longest` seconds.

    `at_once`: how many attempts may be under way; None: any number. `is_cleared`: a success forgets all failures.
    `memory`: seconds until they are forgotten by themselves.
    """

    key: str
    free: int
    longest: int
    at_once: int | None = 32
    is_cleared: bool = True
    memory: int = MEMORY_SECONDS

    def wait_after(self, failures: int) -> int:
        """Seconds until the next attempt."""
        over = failures - self.free
        return 0 if over < 0 else int(min(2 ** min(over, 30), self.longest))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """In which somebody waits for a hash. `network`: theirs; `is_known_device`: they have signed in with it before."""

    network: str = ""
    is_known_device: bool = False


ON_THIS_MACHINE = Line()


class Attempts(Protocol):
    """Raises Unavailable when nobody can count."""

    async def begin(self, locks: Sequence[Lock], /) -> int:
        """0: go on, and say how it ended. Or the seconds to wait, when one of them is closed."""

    async def fail(self, locks: Sequence[Lock], /) -> None: ...
    async def succeed(self, locks: Sequence[Lock], /) -> None: ...
    async def release(self, locks: Sequence[Lock], /) -> None:
        """It was neither right nor wrong: as if it had not begun."""


def lock_of_network(network: str) -> Lock:
    """A school behind one address mistypes some passwords a minute."""
    return Lock(f"network:{network}", 100, 60, at_once=None, is_cleared=False)


def locks_of_stranger(email: str, network: str) -> list[Lock]:
    """Nobody mistypes one account's password as often as a school does all of its."""
    return [Lock(f"account:{_hidden(email)}", 5, 900), lock_of_network(network)]


def locks_of_notes(email: str, network: str) -> list[Lock]:
    """Of attempts that nobody had time for: of a flood a few are noted, so that it does not fill the database.

    Ten for an account and then one in 15 minutes, a hundred for a network and then one a minute.
    """
    own = Lock(f"noted:{_hidden(email)}", 10, 900, at_once=None)
    return [own, Lock(f"noted-network:{network}", 100, 60, at_once=None)]


def locks_of_device(device_id: UUID) -> list[Lock]:
    return [Lock(f"device:{device_id}", 10, 900)]


def _hidden(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()[:32]


def locks_within(user_id: UUID) -> list[Lock]:
    """Of who is signed in and asked for the password again."""
    return [Lock(f"within:{user_id}", 5, 900)]
