"""A passkey that is asked to answer, and what it answers. Options are made for one thing, and good once."""

from collections.abc import Sequence
from uuid import UUID

from lms_domain.identity import events
from lms_domain.identity.passkeys import (
    OPTIONS_LIFE,
    OptionsNotGood,
    Passkey,
    PasskeysOff,
    are_good,
    base64url,
    bytes_in,
)
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.webauthn import AuthenticationResponse, RequestOptions, Wish, WrongPasskey
from lms_domain.kernel import UserId, made_at, new_id


def must_be_on(ports: IdentityPorts) -> None:
    if not ports.relying_party.is_on:
        raise PasskeysOff


def new_challenge(ports: IdentityPorts, purpose: str) -> str:
    """An id with the time in it, sealed for the purpose: nothing is kept of it until it is used."""
    return ports.seals.seal(purpose, new_id(ports.clock.now()))


def request_options(
    ports: IdentityPorts, purpose: str, passkeys: Sequence[Passkey], *, verification: Wish
) -> RequestOptions:
    return RequestOptions(
        challenge=new_challenge(ports, purpose),
        rpId=ports.relying_party.entity.id,
        allowCredentials=[each.descriptor for each in passkeys],
        userVerification=verification,
    )


def answered_options(ports: IdentityPorts, purpose: str, client_data: str) -> tuple[UUID, str]:
    """The id of the options, and their challenge. Whether they were used, `spend` finds out."""
    challenge = ports.relying_party.challenge_in(client_data)
    id = ports.seals.open(purpose, challenge)
    if id is None or not are_good(id, now=ports.clock.now()):
        raise OptionsNotGood
    return id, challenge


async def spend(ports: IdentityPorts, options_id: UUID) -> None:
    until = made_at(options_id) + OPTIONS_LIFE
    if not await ports.passkeys.spend(options_id, until=until, now=ports.clock.now()):
        raise OptionsNotGood


async def use_passkey(
    ports: IdentityPorts, user_id: UserId, answer: AuthenticationResponse, purpose: str, *, alone: bool = False
) -> None:
    """The user is held, so that sign counts are compared one after another. Raises WrongPasskey and OptionsNotGood.

    `alone`: there was no password. The device must have made sure of its user, and must name the account.
    """
    must_be_on(ports)
    options_id, challenge = answered_options(ports, purpose, answer.response.clientDataJSON)
    passkey = await ports.passkeys.by_credential(bytes_in(answer.rawId) or b"")
    if passkey is None or passkey.user_id != user_id or not _names(answer, user_id, must=alone):
        raise WrongPasskey
    seen = ports.relying_party.asserted(answer, challenge, passkey.public_key, user_verified=alone)
    if seen.can_be_backed_up != passkey.can_be_backed_up:  # never changes (WebAuthn §6.1.3)
        raise WrongPasskey
    await spend(ports, options_id)
    now = ports.clock.now()
    if passkey.is_copy(seen):
        ports.emit(
            events.PasskeyCopySuspected(
                at=now,
                user_id=user_id,
                passkey_id=passkey.id,
                known_count=passkey.sign_count,
                seen_count=seen.sign_count,
            )
        )
        raise WrongPasskey
    passkey.use(seen, now=now)
    await ports.passkeys.used(passkey)


def _names(answer: AuthenticationResponse, user_id: UserId, *, must: bool) -> bool:
    """Whether the account that the device names, if it names one, is the passkey's (WebAuthn §7.2 step 6)."""
    handle = answer.response.userHandle
    return not must if handle is None else handle == base64url(user_id.bytes)
