"""Passkeys, in memory; and a relying party that believes what it is told."""

import json
from copy import deepcopy
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.identity.passkeys import Passkey, PasskeyId, PasskeyTaken, bytes_in
from lms_domain.identity.webauthn import (
    Asserted,
    AuthenticationResponse,
    Registered,
    RegistrationResponse,
    RelyingPartyEntity,
    WrongPasskey,
)
from lms_domain.kernel import UserId


class MemoryPasskeys(MemoryRepository[Passkey]):
    entity = Passkey
    unique = ((("credential_id",), PasskeyTaken),)

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._spent: dict[UUID, datetime] = store.setdefault("spent passkey options", {})

    async def of(self, user_id: UserId, /) -> list[Passkey]:
        return sorted(self._where(lambda p: p.user_id == user_id), key=lambda p: (p.created_at, p.id))

    async def by_credential(self, credential_id: bytes, /) -> Passkey | None:
        return next(self._where(lambda p: p.credential_id == credential_id), None)

    async def used(self, passkey: Passkey, /) -> None:
        known: Passkey = self._rows[passkey.id]
        known.sign_count, known.is_backed_up = passkey.sign_count, passkey.is_backed_up
        known.last_used_at = deepcopy(passkey.last_used_at)

    async def remove(self, id: PasskeyId, /) -> None:
        self._rows.pop(id, None)

    async def spend(self, options_id: UUID, /, *, until: datetime, now: datetime) -> bool:  # noqa: ARG002 (the port's)
        is_first = options_id not in self._spent
        self._spent.setdefault(options_id, until)
        return is_first


class PlainSeals:
    """Whose token says what it is for."""

    def seal(self, purpose: str, id: UUID, /) -> str:
        return f"{purpose}={id}"

    def open(self, purpose: str, token: str, /) -> UUID | None:
        sealed_for, _, id = token.rpartition("=")
        return UUID(id) if sealed_for == purpose and id else None


class PlainRelyingParty:
    """Client data is the challenge; a device says what it is in JSON, and signs with its public key."""

    is_on = True
    entity = RelyingPartyEntity(name="LMS", id="lms.test")

    def challenge_in(self, client_data: str, /) -> str:
        return client_data

    def registered(self, answer: RegistrationResponse, challenge: str, /) -> Registered:  # noqa: ARG002 (the port's)
        said = json.loads(answer.response.attestationObject)
        id = bytes_in(answer.rawId) or b""
        return Registered(
            credential_id=id,
            public_key=id,
            sign_count=said.get("sign_count", 0),
            aaguid=UUID(int=0),
            can_be_backed_up=False,
            is_backed_up=False,
        )

    def asserted(
        self, answer: AuthenticationResponse, challenge: str, public_key: bytes, /, *, user_verified: bool
    ) -> Asserted:  # fmt: skip
        said = json.loads(answer.response.authenticatorData)
        is_right = answer.response.signature == f"{challenge} {public_key.hex()}"
        if not is_right or (user_verified and not said.get("user_verified")):
            raise WrongPasskey
        return Asserted(sign_count=said.get("sign_count", 0), can_be_backed_up=False, is_backed_up=False)
