"""Adding, naming and removing passkeys, and signing in with one."""

from lms_domain.identity import events
from lms_domain.identity.errors import WrongPassword
from lms_domain.identity.model import User
from lms_domain.identity.passkeys import (
    FOR_SIGN_IN,
    MOST_PASSKEYS,
    NoPasskey,
    Passkey,
    PasskeyId,
    PasskeyRefused,
    TooManyPasskeys,
    base64url,
    bytes_in,
    clean_name,
    for_registration,
    for_step_up,
    new_passkey,
)
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sign_ins import Origin, Outcome
from lms_domain.identity.use_cases.assertions import (
    answered_options,
    must_be_on,
    new_challenge,
    request_options,
    spend,
    use_passkey,
)
from lms_domain.identity.use_cases.factors import end_if_none_is_left, note_proof, owner, renewed_codes
from lms_domain.identity.use_cases.guards import must_be_fresh
from lms_domain.identity.use_cases.ruling import refuse_sign_in, rules_of
from lms_domain.identity.use_cases.sessions import Answer, begin_session
from lms_domain.identity.views import NewPasskey, PasskeyLine, SignedIn
from lms_domain.identity.webauthn import (
    AuthenticationResponse,
    CreationOptions,
    RegistrationResponse,
    RequestOptions,
    UserEntity,
    WrongPasskey,
)
from lms_domain.kernel import Actor, NotFound, must_be_current
from lms_domain.policies import Life


async def passkey_creation_options(ports: IdentityPorts, actor: Actor, *, password_is_right: bool) -> CreationOptions:
    """Wants the second factor just now, or of who has none the password."""
    must_be_on(ports)
    user = await owner(ports, actor)
    if await ports.second_factors.is_on(user.id):
        await must_be_fresh(ports, actor)
    elif not password_is_right:
        raise WrongPassword
    known = await ports.passkeys.of(user.id)
    if len(known) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    return CreationOptions(
        rp=ports.relying_party.entity,
        user=UserEntity(id=base64url(user.id.bytes), name=user.email, displayName=user.full_name),
        challenge=new_challenge(ports, for_registration(actor)),
        excludeCredentials=[each.descriptor for each in known],
    )


async def add_passkey(ports: IdentityPorts, actor: Actor, name: str, answer: RegistrationResponse) -> NewPasskey:
    """Asked for the second factor again: one may have been turned on after the options were made."""
    must_be_on(ports)
    name = clean_name(name)
    user = await owner(ports, actor)
    await must_be_fresh(ports, actor)
    options_id, challenge = answered_options(ports, for_registration(actor), answer.response.clientDataJSON)
    made = ports.relying_party.registered(answer, challenge)
    await spend(ports, options_id)
    if len(await ports.passkeys.of(user.id)) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    is_first, now = not await ports.second_factors.is_on(user.id), ports.clock.now()
    passkey = new_passkey(user.id, made, name=name, transports=answer.response.transports, now=now)
    await ports.passkeys.add(passkey)
    await note_proof(ports, actor, now=now)
    ports.emit(events.PasskeyAdded(at=now, user_id=user.id, passkey_id=passkey.id))
    if is_first:
        ports.emit(events.MfaEnabled(at=now, user_id=user.id))
    codes = await renewed_codes(ports, user.id) if is_first else None
    return NewPasskey(passkey=PasskeyLine.of(passkey), recovery_codes=codes)


async def rename_passkey(
    ports: IdentityPorts, actor: Actor, passkey_id: PasskeyId, name: str, *, expected: int | None
) -> PasskeyLine:
    _, passkey = await _mine(ports, actor, passkey_id)
    must_be_current(passkey.version, expected)
    name = clean_name(name)
    if name != passkey.name:
        passkey.name = name
        await ports.passkeys.save(passkey)
        ports.emit(events.PasskeyRenamed(at=ports.clock.now(), user_id=actor.id, passkey_id=passkey.id))
    return PasskeyLine.of(passkey)


async def remove_passkey(ports: IdentityPorts, actor: Actor, passkey_id: PasskeyId, *, expected: int | None) -> None:
    """With the last second factor the recovery codes go as well."""
    user, passkey = await _mine(ports, actor, passkey_id)
    must_be_current(passkey.version, expected)
    await must_be_fresh(ports, actor)
    await ports.passkeys.remove(passkey.id)
    ports.emit(events.PasskeyRemoved(at=ports.clock.now(), user_id=actor.id, passkey_id=passkey.id))
    await end_if_none_is_left(ports, user)


async def step_up_options(ports: IdentityPorts, actor: Actor) -> RequestOptions:
    must_be_on(ports)
    user = await owner(ports, actor)
    mine = await ports.passkeys.of(user.id)
    if not mine:
        raise NoPasskey
    return request_options(ports, for_step_up(actor), mine, verification="preferred")


async def passkey_sign_in_options(ports: IdentityPorts) -> RequestOptions:
    """Nobody has said who they are: the device knows, and shows its user the accounts that it has here."""
    must_be_on(ports)
    return request_options(ports, FOR_SIGN_IN, [], verification="required")


async def sign_in_with_passkey(
    ports: IdentityPorts,
    given: AuthenticationResponse,
    digest: bytes,
    answer: Answer,
    *,
    life: Life,
    origin: Origin,
    verified_only: bool = False,
) -> SignedIn:
    """The same refusal whether the passkey is nobody's, its owner's account closed, or the signature wrong."""
    must_be_on(ports)
    found = await ports.passkeys.by_credential(bytes_in(given.rawId) or b"")
    try:
        user = await _shown(ports, found, given)
    except WrongPasskey:
        outcome = Outcome.WRONG_PASSKEY if found else Outcome.UNKNOWN_ACCOUNT
        await refuse_sign_in(ports, found.user_id if found else None, outcome, origin)
        raise PasskeyRefused from None
    return await begin_session(
        ports,
        user,
        digest,
        answer,
        life=life,
        origin=origin,
        auth_version=await ports.credentials.auth_version(user.id),
        verified_only=verified_only,
        rules=await rules_of(ports, user.id),
        second_factor_at=ports.clock.now(),
    )


async def _shown(ports: IdentityPorts, found: Passkey | None, given: AuthenticationResponse) -> User:
    """Who has shown the passkey. What is wrong with the options is told to everybody alike."""
    answered_options(ports, FOR_SIGN_IN, given.response.clientDataJSON)
    if found is None:
        raise WrongPasskey
    user = await ports.users.locked(found.user_id)
    if not user.is_active:
        raise WrongPasskey
    await use_passkey(ports, user.id, given, FOR_SIGN_IN, alone=True)
    return user


async def _mine(ports: IdentityPorts, actor: Actor, passkey_id: PasskeyId) -> tuple[User, Passkey]:
    """With its owner, who is held."""
    user = await owner(ports, actor)
    passkey = await ports.passkeys.get(passkey_id)
    if passkey.user_id != user.id:
        raise NotFound(entity="Passkey", id=passkey_id)
    return user, passkey
