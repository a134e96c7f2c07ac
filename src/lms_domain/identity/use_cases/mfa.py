"""Turning a second factor on and off, proving it, and what wants it proved just now."""

from dataclasses import replace
from datetime import datetime

from lms_domain.identity import events
from lms_domain.identity.errors import WrongPassword
from lms_domain.identity.mfa import (
    Challenge,
    ChallengeId,
    ChallengeNotGood,
    MfaAlreadyOn,
    MfaNotBegun,
    Totp,
    WrongCode,
    digest_of_code,
)
from lms_domain.identity.model import User
from lms_domain.identity.passkeys import NoPasskey, for_second_step, for_step_up
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sign_ins import Origin
from lms_domain.identity.use_cases.assertions import must_be_on, request_options, use_passkey
from lms_domain.identity.use_cases.factors import (
    end_all,
    end_if_none_is_left,
    must_not_be_asked_for,
    note_proof,
    owner,
    renewed_codes,
)
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_managing
from lms_domain.identity.use_cases.ruling import rules_of
from lms_domain.identity.use_cases.sessions import Answer, begin_session
from lms_domain.identity.views import NewTotp, RecoveryCodes, SignedIn
from lms_domain.identity.webauthn import AuthenticationResponse, RequestOptions
from lms_domain.kernel import Actor, NotFound, UserId
from lms_domain.policies import Life

CODE_DIGITS = 6
Proof = str | AuthenticationResponse  # a code, of the app or to recover with, or what a passkey answered


async def begin_totp(ports: IdentityPorts, actor: Actor, *, password_is_right: bool) -> NewTotp:
    """Nothing changes until a code confirms that the app has the secret. Begun again, the one before is void."""
    user = await owner(ports, actor)
    if not password_is_right:
        raise WrongPassword
    await must_be_fresh(ports, actor)  # passkeys may be on
    return await _begun(ports, user)


async def begin_totp_first(ports: IdentityPorts, challenge_id: ChallengeId) -> NewTotp:
    """As `begin_totp`, for who is let in with a second factor only and has none: the challenge is answered with it."""
    found, user = await _challenged(ports, challenge_id)
    found.must_be_good(ports.clock.now(), auth_version=await ports.credentials.auth_version(user.id))
    if await ports.second_factors.is_on(user.id):
        raise MfaAlreadyOn
    return await _begun(ports, user)


async def confirm_totp(ports: IdentityPorts, actor: Actor, code: str) -> RecoveryCodes:
    user = await owner(ports, actor)
    totp = await ports.second_factors.totp(user.id)
    if totp is None:
        raise MfaNotBegun
    if totp.confirmed_at is not None:
        raise MfaAlreadyOn
    await must_be_fresh(ports, actor)
    codes = await _confirmed(ports, totp, code)
    await note_proof(ports, actor, now=ports.clock.now())
    return codes


async def renew_recovery_codes(ports: IdentityPorts, actor: Actor) -> RecoveryCodes:
    """The old ones are void."""
    user = await owner(ports, actor)
    if not await ports.second_factors.is_on(user.id):
        raise MfaNotBegun
    await must_be_fresh(ports, actor)
    ports.emit(events.RecoveryCodesRenewed(at=ports.clock.now(), user_id=user.id))
    return RecoveryCodes(recovery_codes=await renewed_codes(ports, user.id))


async def end_totp(ports: IdentityPorts, actor: Actor) -> None:
    """Passkeys stay; with the last second factor the recovery codes go as well."""
    user = await owner(ports, actor)
    await must_be_fresh(ports, actor)
    if await ports.second_factors.remove_totp(user.id) and not await end_if_none_is_left(ports, user):
        ports.emit(events.TotpRemoved(at=ports.clock.now(), user_id=user.id))


async def end_mfa(ports: IdentityPorts, actor: Actor) -> None:
    user = await owner(ports, actor)
    await must_be_fresh(ports, actor)
    await must_not_be_asked_for(ports, user)
    await end_all(ports, user, by=actor.id)


async def end_mfa_of(ports: IdentityPorts, actor: Actor, user_id: UserId) -> None:
    """By an admin, for somebody who has lost app and recovery codes; for themselves by the rules for everybody."""
    await must_be_managing(ports, actor)
    user = await ports.users.locked(user_id)
    await must_be_fresh(ports, actor)
    if user.id == actor.id:
        await must_not_be_asked_for(ports, user)
    await end_all(ports, user, by=actor.id)


async def second_step_options(ports: IdentityPorts, challenge_id: ChallengeId) -> RequestOptions:
    must_be_on(ports)
    found, user = await _challenged(ports, challenge_id)
    found.must_be_good(ports.clock.now(), auth_version=await ports.credentials.auth_version(user.id))
    theirs = await ports.passkeys.of(user.id)
    if not theirs:
        raise NoPasskey
    return request_options(ports, for_second_step(challenge_id), theirs, verification="preferred")


async def answer_challenge(
    ports: IdentityPorts,
    challenge_id: ChallengeId,
    proof: Proof,
    digest: bytes,
    answer: Answer,
    *,
    life: Life,
    origin: Origin,
    verified_only: bool = False,
) -> SignedIn:
    found, user = await _challenged(ports, challenge_id)
    now = ports.clock.now()
    found.must_be_good(now, auth_version=await ports.credentials.auth_version(user.id))
    codes = await _proved_or_set_up(ports, user, proof, for_second_step(challenge_id))
    found.used_at = now
    await ports.challenges.save(found)
    signed = await begin_session(
        ports,
        user,
        digest,
        answer,
        life=life,
        origin=origin,
        auth_version=found.auth_version,
        verified_only=verified_only,
        rules=await rules_of(ports, user.id),
        second_factor_at=now,
    )
    return replace(signed, recovery_codes=codes.recovery_codes) if codes else signed


async def step_up(ports: IdentityPorts, actor: Actor, proof: Proof) -> None:
    user = await owner(ports, actor)
    await prove(ports, user.id, proof, for_step_up(actor))
    await note_proof(ports, actor, now=ports.clock.now())


async def prove(ports: IdentityPorts, user_id: UserId, proof: Proof, purpose: str) -> None:
    """The user is held, so that of many who come with one code at once the first has used it. Raises WrongCode, or
    WrongPasskey. `purpose`: what a passkey's options must have been made for.
    """
    if isinstance(proof, AuthenticationResponse):
        await use_passkey(ports, user_id, proof, purpose)
    else:
        await _prove_by_code(ports, user_id, proof)


async def _prove_by_code(ports: IdentityPorts, user_id: UserId, code: str) -> None:
    now = ports.clock.now()
    if plain := _digits(code):
        totp = await ports.second_factors.totp(user_id)
        if totp is None or totp.confirmed_at is None:
            raise WrongCode
        await _take(ports, totp, plain, now=now)
    elif await ports.second_factors.use_recovery_code(user_id, digest_of_code(code), now=now):
        ports.emit(events.RecoveryCodeUsed(at=now, user_id=user_id))
    else:
        raise WrongCode


def _digits(code: str) -> str | None:
    """None for what no app shows."""
    plain = code.replace(" ", "")
    return plain if plain.isascii() and plain.isdigit() and len(plain) == CODE_DIGITS else None


async def _proved_or_set_up(ports: IdentityPorts, user: User, proof: Proof, purpose: str) -> RecoveryCodes | None:
    """Who has none was given a challenge because a policy asks for one: the first code of the app sets it up."""
    totp = await ports.second_factors.totp(user.id)
    if totp is not None and isinstance(proof, str) and not await ports.second_factors.is_on(user.id):
        return await _confirmed(ports, totp, proof)
    await prove(ports, user.id, proof, purpose)
    return None


async def _begun(ports: IdentityPorts, user: User) -> NewTotp:
    known = await ports.second_factors.totp(user.id)
    if known is not None and known.confirmed_at is not None:
        raise MfaAlreadyOn
    totp = Totp(user_id=user.id, box=ports.authenticator.new_secret(user.id), created_at=ports.clock.now())
    await ports.second_factors.put_totp(totp)
    ports.emit(events.TotpBegun(at=totp.created_at, user_id=user.id))
    return NewTotp(account=user.email, secret=ports.authenticator.secret(totp))


async def _confirmed(ports: IdentityPorts, totp: Totp, code: str) -> RecoveryCodes:
    now, plain = ports.clock.now(), _digits(code)
    if plain is None:
        raise WrongCode
    await _take(ports, totp, plain, now=now)
    totp.confirmed_at = now
    await ports.second_factors.put_totp(totp)
    ports.emit(events.MfaEnabled(at=now, user_id=totp.user_id))
    return RecoveryCodes(recovery_codes=await renewed_codes(ports, totp.user_id))


async def _challenged(ports: IdentityPorts, challenge_id: ChallengeId) -> tuple[Challenge, User]:
    try:
        user = await ports.users.locked((await ports.challenges.get(challenge_id)).user_id)
        return await ports.challenges.locked(challenge_id), user
    except NotFound:
        raise ChallengeNotGood from None


async def _take(ports: IdentityPorts, totp: Totp, code: str, *, now: datetime) -> None:
    step = ports.authenticator.step_of(totp, code, now=now)
    if step is None or (totp.last_step is not None and step <= totp.last_step):
        raise WrongCode
    totp.last_step = step
    totp.box = ports.authenticator.fresh_box(totp) or totp.box
    await ports.second_factors.put_totp(totp)
