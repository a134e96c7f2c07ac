"""Passkeys: keys on people's devices, as a second factor after the password, or instead of both."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import UUID

from lms_domain.identity.lockout import Lock, lock_of_network
from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.webauthn import Asserted, CredentialDescriptor, Registered
from lms_domain.kernel import (
    Actor,
    Conflict,
    Invalid,
    NotFound,
    Problem,
    Unauthenticated,
    UserId,
    made_at,
    new_id,
    refuse_if_any,
)
from lms_domain.text import clean_text

PasskeyId = NewType("PasskeyId", UUID)

MOST_PASSKEYS = 20  # of one user
OPTIONS_LIFE = timedelta(minutes=5)
TRANSPORTS = ("ble", "hybrid", "internal", "nfc", "smart-card", "usb")  # WebAuthn §5.8.4
FOR_SIGN_IN = "passkey:sign-in"


@dataclass(slots=True, kw_only=True)
class Passkey:
    """`credential_id`: by which its device knows it, here and nowhere else. `aaguid`: of which make the device is."""

    id: PasskeyId
    user_id: UserId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: list[str]
    aaguid: UUID
    name: str
    can_be_backed_up: bool
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None = None
    version: int = 1

    def is_copy(self, seen: Asserted) -> bool:
        """A count that does not rise is another device's (WebAuthn §6.1.1). Many devices do not count at all."""
        counts = self.sign_count > 0 or seen.sign_count > 0
        return counts and seen.sign_count <= self.sign_count

    def use(self, seen: Asserted, *, now: datetime) -> None:
        self.sign_count, self.is_backed_up, self.last_used_at = seen.sign_count, seen.is_backed_up, now

    @property
    def descriptor(self) -> CredentialDescriptor:
        return CredentialDescriptor(id=base64url(self.credential_id), transports=self.transports)


def new_passkey(user_id: UserId, made: Registered, *, name: str, transports: Sequence[str], now: datetime) -> Passkey:
    return Passkey(
        id=PasskeyId(new_id()),
        user_id=user_id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        transports=[each for each in TRANSPORTS if each in transports],
        aaguid=made.aaguid,
        name=name,
        can_be_backed_up=made.can_be_backed_up,
        is_backed_up=made.is_backed_up,
        created_at=now,
    )


def clean_name(name: str) -> str:
    problems: list[Problem] = []
    cleaned = clean_text(name, "name", problems, longest=100, shortest=1)
    refuse_if_any(problems)
    return cleaned


def for_registration(actor: Actor) -> str:
    return f"passkey:registration:{actor.id}:{actor.session_id}"


def for_second_step(challenge_id: ChallengeId) -> str:
    return f"passkey:second-step:{challenge_id}"


def for_step_up(actor: Actor) -> str:
    return f"passkey:step-up:{actor.id}:{actor.session_id}"


def are_good(options_id: UUID, *, now: datetime) -> bool:
    return now - made_at(options_id) < OPTIONS_LIFE


def locks_of_passkey(credential_id: bytes, network: str) -> list[Lock]:
    """Whether it is anybody's or not. Signatures are not guessed: what is counted is how often somebody tries. Nobody
    in another network is held up by it.
    """
    key = hashlib.sha256(credential_id).hexdigest()[:32]
    return [Lock(f"passkey:{key}:{network}", 5, 900, at_once=16), lock_of_network(network)]


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_in(text: str) -> bytes | None:
    """None for what base64url would not have written."""
    try:
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    return raw if base64url(raw) == text else None


class OptionsNotGood(Invalid):
    message = "This took too long, or was done before; ask for options again."

    def __init__(self) -> None:
        super().__init__(Problem("credential", "an answer to options made for this, within five minutes, not used yet"))


class PasskeyRefused(Unauthenticated):
    """Commits: the attempt is noted."""

    leaves_trail = True
    message = "The passkey is not known here, or did not answer as it should."


class PasskeyTaken(Conflict):
    message = "This passkey is registered already."


class TooManyPasskeys(Conflict):
    message = f"At most {MOST_PASSKEYS} passkeys; remove one first."


class NoPasskey(Conflict):
    message = "Your account has no passkey."


class PasskeysOff(NotFound):
    message = "There are no passkeys here."
