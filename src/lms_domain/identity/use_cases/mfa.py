"""Turning a second factor on and off, proving it, and what wants it proved just now."""

from dataclasses import replace
from datetime import datetime, timedelta

from lms_domain.identity import events
from lms_domain.identity.errors import MfaIsRequired, WrongPassword
from lms_domain.identity.mfa import (
    Challenge,
    ChallengeId,
    ChallengeNotGood,
    MfaAlreadyOn,
    MfaNotBegun,
    Totp,
    WrongCode,
    digest_of_code,
    new_recovery_codes,
)
from lms_domain.identity.model import User
from lms_domain.identity.ports import IdentityPorts
from lms_domain.identity.sign_ins import Origin
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_signed_in
from lms_domain.identity.use_cases.ruling import rules_of
from lms_domain.identity.use_cases.sessions import Answer, begin_session
from lms_domain.identity.views import NewTotp, RecoveryCodes, SignedIn
from lms_domain.kernel import Actor, NotFound, Permission, UserId

CODE_DIGITS = 6


async def begin_totp(ports: IdentityPorts, actor: Actor, *, password_is_right: bool) -> NewTotp:
    """Nothing changes until a code confirms that the app has the secret. Begun again, the one before is void."""
    user = await _owner(ports, actor)
    if not password_is_right:
        raise WrongPassword
    return await _begun(ports, user)


async def begin_totp_first(ports: IdentityPorts, challenge_id: ChallengeId) -> NewTotp:
    """As `begin_totp`, for who is let in with a second factor only and has none: the challenge is answered with it."""
    found, user = await _challenged(ports, challenge_id)
    found.must_be_good(ports.clock.now(), auth_version=await ports.credentials.auth_version(user.id))
    return await _begun(ports, user)


async def confirm_totp(ports: IdentityPorts, actor: Actor, code: str) -> RecoveryCodes:
    user = await _owner(ports, actor)
    totp = await ports.second_factors.totp(user.id)
    if totp is None:
        raise MfaNotBegun
    if totp.confirmed_at is not None:
        raise MfaAlreadyOn
    codes = await _confirmed(ports, totp, code)
    await _prove(ports, actor, now=ports.clock.now())
    return codes


async def renew_recovery_codes(ports: IdentityPorts, actor: Actor) -> RecoveryCodes:
    """The old ones are void."""
    user = await _owner(ports, actor)
    if not await ports.second_factors.is_on(user.id):
        raise MfaNotBegun
    await must_be_fresh(ports, actor)
    ports.emit(events.RecoveryCodesRenewed(at=ports.clock.now(), user_id=user.id))
    return await _renewed(ports, user.id)


async def end_mfa(ports: IdentityPorts, actor: Actor) -> None:
    user = await _owner(ports, actor)
    await must_be_fresh(ports, actor)
    if (await rules_of(ports, user.id)).mfa_due:
        raise MfaIsRequired
    await _end(ports, user, by=actor.id)


async def end_mfa_of(ports: IdentityPorts, actor: Actor, user_id: UserId) -> None:
    """By an admin, for somebody who has lost app and recovery codes."""
    actor.must(Permission.MANAGE_USERS)
    user = await ports.users.locked(user_id)
    await must_be_fresh(ports, actor)
    await _end(ports, user, by=actor.id)


async def answer_challenge(
    ports: IdentityPorts,
    challenge_id: ChallengeId,
    code: str,
    digest: bytes,
    answer: Answer,
    *,
    life: timedelta,
    origin: Origin,
    verified_only: bool = False,
) -> SignedIn:
    found, user = await _challenged(ports, challenge_id)
    now = ports.clock.now()
    found.must_be_good(now, auth_version=await ports.credentials.auth_version(user.id))
    codes = await _proved_or_set_up(ports, user, code)
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


async def step_up(ports: IdentityPorts, actor: Actor, code: str) -> None:
    user = await _owner(ports, actor)
    await prove(ports, user.id, code)
    await _prove(ports, actor, now=ports.clock.now())


async def prove(ports: IdentityPorts, user_id: UserId, code: str) -> None:
    """The user is held, so that of many who come with one code at once the first has used it. Raises WrongCode."""
    totp, now = await ports.second_factors.totp(user_id), ports.clock.now()
    if totp is None or totp.confirmed_at is None:
        raise WrongCode
    plain = code.replace(" ", "")
    if plain.isascii() and plain.isdigit() and len(plain) == CODE_DIGITS:
        await _take(ports, totp, plain, now=now)
    elif await ports.second_factors.use_recovery_code(user_id, digest_of_code(code), now=now):
        ports.emit(events.RecoveryCodeUsed(at=now, user_id=user_id))
    else:
        raise WrongCode


async def _proved_or_set_up(ports: IdentityPorts, user: User, code: str) -> RecoveryCodes | None:
    """Who has none was given a challenge because a policy asks for one: the first code of the app sets it up."""
    totp = await ports.second_factors.totp(user.id)
    if totp is not None and not await ports.second_factors.is_on(user.id):
        return await _confirmed(ports, totp, code)
    await prove(ports, user.id, code)
    return None


async def _begun(ports: IdentityPorts, user: User) -> NewTotp:
    known = await ports.second_factors.totp(user.id)
    if known is not None and known.confirmed_at is not None:
        raise MfaAlreadyOn
    totp = Totp(user_id=user.id, box=ports.authenticator.new_secret(user.id), created_at=ports.clock.now())
    await ports.second_factors.put_totp(totp)
    return NewTotp(account=user.email, secret=ports.authenticator.secret(totp))


async def _confirmed(ports: IdentityPorts, totp: Totp, code: str) -> RecoveryCodes:
    now = ports.clock.now()
    await _take(ports, totp, code.replace(" ", ""), now=now)
    totp.confirmed_at = now
    await ports.second_factors.put_totp(totp)
    ports.emit(events.MfaEnabled(at=now, user_id=totp.user_id))
    return await _renewed(ports, totp.user_id)


async def _owner(ports: IdentityPorts, actor: Actor) -> User:
    must_be_signed_in(actor)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    return user


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


async def _prove(ports: IdentityPorts, actor: Actor, *, now: datetime) -> None:
    if actor.session_id is not None:
        session = await ports.sessions.locked(actor.session_id)
        session.second_factor_at = now
        await ports.sessions.save(session)


async def _renewed(ports: IdentityPorts, user_id: UserId) -> RecoveryCodes:
    codes = new_recovery_codes()
    await ports.second_factors.replace_recovery_codes(user_id, [digest_of_code(code) for code in codes])
    return RecoveryCodes(recovery_codes=codes)


async def _end(ports: IdentityPorts, user: User, *, by: UserId) -> None:
    if await ports.second_factors.remove(user.id):
        ports.emit(events.MfaDisabled(at=ports.clock.now(), user_id=user.id, by=by))
