"""What a sign-in may ask for beside a password."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from lms_domain.identity.mfa import Challenge, ChallengeId, Totp
from lms_domain.identity.passkeys import Passkey, PasskeyId
from lms_domain.identity.views import Method
from lms_domain.kernel import Repository, UserId


class Challenges(Repository[Challenge], Protocol):
    """Whoever answers one, or makes them void, holds its user."""

    async def locked(self, id: ChallengeId, /) -> Challenge: ...
    async def void(self, user_id: UserId, /, *, now: datetime) -> None:
        """Those that were not answered yet."""


class SecondFactors(Protocol):
    """Whoever changes one holds its user."""

    async def is_on(self, user_id: UserId, /) -> bool:
        """An app that is confirmed, or a passkey."""

    async def methods(self, user_id: UserId, /) -> list[Method]:
        """What it can be proved with."""

    async def remove_totp(self, user_id: UserId, /) -> bool:
        """Whether it was confirmed."""

    async def totp(self, user_id: UserId, /) -> Totp | None:
        """Confirmed or not."""

    async def put_totp(self, totp: Totp, /) -> None: ...
    async def replace_recovery_codes(self, user_id: UserId, digests: Sequence[bytes], /) -> None: ...
    async def use_recovery_code(self, user_id: UserId, digest: bytes, /, *, now: datetime) -> bool:
        """Whether it was one, and is used now."""

    async def remove(self, user_id: UserId, /) -> bool:
        """All of them, and the recovery codes. Whether it was on."""


class Passkeys(Repository[Passkey], Protocol):
    """Whoever changes one holds its user. `add` raises PasskeyTaken."""

    async def of(self, user_id: UserId, /) -> list[Passkey]:
        """The oldest first."""

    async def by_credential(self, credential_id: bytes, /) -> Passkey | None: ...
    async def used(self, passkey: Passkey, /) -> None:
        """Note when, and what its device says of itself; this is no change of the owner's, so its version stays."""

    async def remove(self, id: PasskeyId, /) -> None: ...
    async def spend(self, options_id: UUID, /, *, until: datetime, now: datetime) -> bool:
        """Whether these options were not used before; of several at once, one is told so."""
