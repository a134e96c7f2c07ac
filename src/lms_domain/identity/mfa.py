"""A second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType, Protocol
from uuid import UUID

from lms_domain.identity.lockout import Lock, lock_of_network
from lms_domain.kernel import Actor, Conflict, Invalid, Problem, Unauthenticated, UserId, new_id

ChallengeId = NewType("ChallengeId", UUID)

CHALLENGE_LIFE = timedelta(minutes=5)
RECOVERY_CODES = 10
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read as something else
DAY_SECONDS = 86_400
CODE_LENGTH = 24  # characters of 5 bits: a plain hash hides 112 bits or more


@dataclass(slots=True, kw_only=True)
class Totp:
    """`box`: the secret, encrypted for this user. `last_step`: of the newest code taken; none is taken twice."""

    user_id: UserId
    box: bytes
    created_at: datetime
    confirmed_at: datetime | None = None
    last_step: int | None = None


@dataclass(slots=True, kw_only=True)
class Challenge:
    """The password was right; a code opens the session. Void when the account's access tokens are."""

    id: ChallengeId
    user_id: UserId
    auth_version: int
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    version: int = 1

    def must_be_good(self, now: datetime, *, auth_version: int) -> None:
        if self.used_at is not None or now >= self.expires_at or self.auth_version != auth_version:
            raise ChallengeNotGood


def new_challenge(user_id: UserId, auth_version: int, *, now: datetime) -> Challenge:
    return Challenge(
        id=ChallengeId(new_id()),
        user_id=user_id,
        auth_version=auth_version,
        created_at=now,
        expires_at=now + CHALLENGE_LIFE,
    )


class Authenticator(Protocol):
    """What an authenticator app and the server share."""

    def new_secret(self, user_id: UserId, /) -> bytes:
        """In its box."""

    def step_of(self, totp: Totp, code: str, /, *, now: datetime) -> int | None:
        """The time step that the code is of, the present one or its neighbours; None: it is no code of these."""

    def fresh_box(self, totp: Totp, /) -> bytes | None:
        """The same secret in a box of today's key, where it lies in another."""

    def secret(self, totp: Totp, /) -> str:
        """In Base32, for the app."""


class ChallengeNotGood(Unauthenticated):
    message = "This sign-in took too long, or was finished before; begin it again."


class WrongCode(Invalid):
    message = "The code is wrong, or was used before."

    def __init__(self) -> None:
        super().__init__(Problem("code", "a code of your authenticator app or a recovery code, neither used before"))


class MfaAlreadyOn(Conflict):
    message = "Your account has an authenticator app already; turn it off first."


class MfaNotBegun(Conflict):
    message = "Begin with POST /api/v1/me/mfa/totp."


def new_recovery_codes() -> list[str]:
    """Groups of four."""
    return ["-".join(_letters(4) for _ in range(CODE_LENGTH // 4)) for _ in range(RECOVERY_CODES)]


def digest_of_code(code: str) -> bytes:
    """However it was typed."""
    plain = "".join(character for character in code.upper() if character in ALPHABET)
    return hashlib.sha256(plain.encode()).digest()


# Of a million codes three are right at a time: of this half minute and of its neighbours. A lock lets five guesses go
# and then doubles the wait up to 15 minutes, and remembers them for a day. That is 13 in the five minutes of a
# challenge, 110 on the first day and 96 on any other: who has stolen a password finds the code with a chance of 0.03 %
# a day.
def locks_of_codes(user_id: UserId, device_id: UUID | None, network: str) -> list[Lock]:
    """Whoever tries codes knows the password already. As with passwords, strangers do not hold up who was here before.

    Who has many devices, from before there was a second factor, has 50 guesses on all of them together.
    """
    if device_id is None:
        return [_of_codes(f"mfa:{user_id}"), lock_of_network(network)]
    return [_of_codes(f"mfa-device:{device_id}"), _of_codes(f"mfa-devices:{user_id}", 50)]


def locks_of_step_up(actor: Actor) -> list[Lock]:
    """Of who is signed in, held up neither by strangers nor by a thief in another session."""
    return [_of_codes(f"step-up:{actor.session_id}"), _of_codes(f"step-ups:{actor.id}", 50)]


def _of_codes(key: str, free: int = 5) -> Lock:
    return Lock(key, free, 900, at_once=16, memory=DAY_SECONDS)


def _letters(count: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(count))
