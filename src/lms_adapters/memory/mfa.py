"""Second factors, in memory."""

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.identity.mfa import Challenge, Totp
from lms_domain.identity.passkeys import Passkey, PasskeyId
from lms_domain.identity.views import Method
from lms_domain.kernel import UserId


class MemoryChallenges(MemoryRepository[Challenge]):
    entity = Challenge

    async def void(self, user_id: UserId, /, *, now: datetime) -> None:
        for each in list(self._where(lambda c: c.user_id == user_id and c.used_at is None)):
            each.used_at = now
            await self.save(each)


class MemorySecondFactors:
    def __init__(self, store: Store) -> None:
        self._totps: dict[UserId, Totp] = store.setdefault(Totp, {})
        self._passkeys: dict[PasskeyId, Passkey] = store.setdefault(Passkey, {})
        self._codes: dict[tuple[UserId, bytes], datetime | None] = store.setdefault("recovery codes", {})  # used

    async def is_on(self, user_id: UserId, /) -> bool:
        return not {"totp", "passkey"}.isdisjoint(await self.methods(user_id))

    async def methods(self, user_id: UserId, /) -> list[Method]:
        totp = self._totps.get(user_id)
        has: dict[Method, bool] = {
            "totp": totp is not None and totp.confirmed_at is not None,
            "passkey": any(each.user_id == user_id for each in self._passkeys.values()),
            "recovery_code": any(key[0] == user_id and used is None for key, used in self._codes.items()),
        }
        return [method for method, is_there in has.items() if is_there]

    async def totp(self, user_id: UserId, /) -> Totp | None:
        return deepcopy(self._totps.get(user_id))

    async def put_totp(self, totp: Totp, /) -> None:
        self._totps[totp.user_id] = deepcopy(totp)

    async def replace_recovery_codes(self, user_id: UserId, digests: Sequence[bytes], /) -> None:
        self._forget_codes(user_id)
        self._codes.update({(user_id, digest): None for digest in digests})

    async def use_recovery_code(self, user_id: UserId, digest: bytes, /, *, now: datetime) -> bool:
        if self._codes.get((user_id, digest), now) is not None:
            return False
        self._codes[user_id, digest] = now
        return True

    async def remove_totp(self, user_id: UserId, /) -> bool:
        totp = self._totps.pop(user_id, None)
        return totp is not None and totp.confirmed_at is not None

    async def remove(self, user_id: UserId, /) -> bool:
        was_on = await self.is_on(user_id)
        self._forget_codes(user_id)
        self._totps.pop(user_id, None)
        for id in [id for id, each in self._passkeys.items() if each.user_id == user_id]:
            del self._passkeys[id]
        return was_on

    def _forget_codes(self, user_id: UserId) -> None:
        for key in [key for key in self._codes if key[0] == user_id]:
            del self._codes[key]


class PlainAuthenticator:
    """Whose code is the number of the minute, and whose secret is none."""

    def new_secret(self, user_id: UserId, /) -> bytes:
        return user_id.bytes

    def step_of(self, totp: Totp, code: str, /, *, now: datetime) -> int | None:  # noqa: ARG002 (the port's)
        step = int(now.timestamp()) // 60
        return step if code == f"{step % 1_000_000:06}" else None

    def fresh_box(self, totp: Totp, /) -> bytes | None:  # noqa: ARG002 (the port's)
        return None

    def secret(self, totp: Totp, /) -> str:
        return totp.box.hex()
