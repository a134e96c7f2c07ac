"""Signing in and out. What ends here is refused by the next request on every instance: see `reacting`."""

from collections.abc import Callable
from datetime import datetime

from lms_domain.identity import events
from lms_domain.identity.errors import EmailNotVerified, NotOpened, RefreshTokenReused, SessionEnded, WrongCredentials
from lms_domain.identity.mfa import ChallengeId, new_challenge
from lms_domain.identity.model import User
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sessions import MOST_SESSIONS, Ending, Session
from lms_domain.identity.sign_ins import Origin, Outcome, printable, sign_in
from lms_domain.identity.use_cases.guards import must_be_owner
from lms_domain.identity.use_cases.ruling import (
    mfa_due,
    must_be_let_in,
    must_have_second_factor,
    refuse_sign_in,
    rules_of,
)
from lms_domain.identity.views import KnownCredential, Method, MfaRequired, Opened, SignedIn
from lms_domain.kernel import Actor, NotFound, Permission, SessionId, UserId, new_id
from lms_domain.policies import Life, Rules

# Makes the tokens. It is called within the transaction, so that a repeated request gets the very same ones.
Answer = Callable[[Opened], SignedIn]


async def open_session(
    ports: IdentityPorts,
    known: KnownCredential,
    digest: bytes,
    answer: Answer,
    *,
    life: Life,
    origin: Origin,
    challenge_token_of: Callable[[ChallengeId], str],
    verified_only: bool = False,
) -> SignedIn | MfaRequired:
    """After the password was found right for what was `known` then. `digest`: SHA-256 of the new refresh token."""
    user, today = await _still_holds(ports, known, origin)
    if verified_only and user.email_verified_at is None:
        await _ask_to_verify(ports, user, origin)
        raise NotOpened
    rules = await rules_of(ports, user.id)
    if today.has_mfa or rules.asks_for_mfa(ports.clock.now()):
        return await _challenge(ports, today, challenge_token_of)
    return await begin_session(
        ports,
        user,
        digest,
        answer,
        life=life,
        origin=origin,
        auth_version=today.auth_version,
        verified_only=verified_only,
        rules=rules,
    )


async def _still_holds(ports: IdentityPorts, known: KnownCredential, origin: Origin) -> tuple[User, KnownCredential]:
    """A hash takes its time. The user is held, so that what is asked again now stays so until the session is there."""
    user = await ports.users.locked(known.user_id)
    today = await ports.credentials.known(user.id)
    if today is None or not today.holds(known):
        await refuse_sign_in(ports, user.id, Outcome.WRONG_PASSWORD, origin)
        raise NotOpened
    return user, today


async def _ask_to_verify(ports: IdentityPorts, user: User, origin: Origin) -> None:
    """By letter alone: who registers with a stranger's address must not learn here whether it had an account."""
    await refuse_sign_in(ports, user.id, Outcome.NOT_VERIFIED, origin)
    ports.emit(events.VerificationAsked(at=ports.clock.now(), user_id=user.id))


async def _challenge(
    ports: IdentityPorts, known: KnownCredential, token_of: Callable[[ChallengeId], str]
) -> MfaRequired:
    """Who has no second factor has to set one up first."""
    made = new_challenge(known.user_id, known.auth_version, now=ports.clock.now())
    await ports.challenges.add(made)
    seconds = int((made.expires_at - made.created_at).total_seconds())
    methods: list[Method] = ["totp"]
    if known.has_mfa:
        theirs = await ports.second_factors.methods(known.user_id)
        methods = [each for each in theirs if each != "passkey" or ports.relying_party.is_on]
    token = token_of(made.id)
    return MfaRequired(challenge_token=token, expires_in=seconds, methods=methods, setup=not known.has_mfa)


async def begin_session(
    ports: IdentityPorts,
    user: User,
    digest: bytes,
    answer: Answer,
    *,
    life: Life,
    origin: Origin,
    auth_version: int,
    verified_only: bool,
    rules: Rules,
    second_factor_at: datetime | None = None,
) -> SignedIn:
    """After all that there is to prove was proved."""
    user_id, now = user.id, ports.clock.now()
    if not user.is_active:  # closed while the password was checked
        raise WrongCredentials
    if verified_only and user.email_verified_at is None:
        await refuse_sign_in(ports, user_id, Outcome.NOT_VERIFIED, origin)
        raise EmailNotVerified
    await must_be_let_in(ports, user_id, rules, origin)
    session = Session(
        id=SessionId(new_id()),
        user_id=user_id,
        refresh_digest=digest,
        user_agent=printable(origin.user_agent),
        ip=origin.ip,
        created_at=now,
        last_used_at=now,
        expires_at=rules.session_end(life, opened=now, now=now),
        second_factor_at=second_factor_at,
    )
    await ports.sessions.add(session)
    for id in await ports.sessions.end_oldest(user_id, keep=MOST_SESSIONS, now=now):
        ports.emit(events.SessionEnded(at=now, user_id=user_id, session_id=id, because=Ending.TOO_MANY.value))
    await ports.users.signed_in(user_id, now)
    await ports.sign_ins.add(sign_in(user_id, Outcome.SUCCEEDED, origin, now=now))
    ports.emit(events.SessionOpened(at=now, user_id=user_id, session_id=session.id))
    opened = Opened(
        session_id=session.id,
        user=user,
        auth_version=auth_version,
        seconds_left=session.seconds_left(now),
        mfa_required_by=None if second_factor_at else await mfa_due(ports, user_id, rules),
    )
    return answer(opened)


async def refresh_session(
    ports: IdentityPorts, digest: bytes, new_digest: bytes, answer: Answer, *, life: Life, origin: Origin
) -> SignedIn:
    """The old refresh token is spent: who comes with it later has stolen it, or was stolen from, and the session ends.

    Within GRACE the same request gets the same tokens, so that a client whose answer got lost is not signed out. What
    is asked of them is asked again.
    """
    session, now = await ports.sessions.by_digest(digest), ports.clock.now()
    if session is not None:
        until = await _let_go_on(ports, session, life, origin, now=now)
        ports.emit(*session.rotate(new_digest, until=until, now=now))
        await ports.sessions.save(session)
        await ports.sessions.spend(digest, session.id)
        return await _answered(ports, session, answer)
    session = await ports.sessions.by_spent(digest)
    if session is None:
        raise SessionEnded
    session.must_be_alive(now)
    if session.forgives(digest, new_digest, now=now):
        await _let_go_on_again(ports, session, life, origin, now=now)
        return await _answered(ports, session, answer)
    await _end(ports, session, Ending.REUSED)
    raise RefreshTokenReused


async def must_still_go_on(ports: IdentityPorts, digest: bytes, *, life: Life, origin: Origin) -> None:
    """As `must_still_be_let_in`, of a refresh. `digest`: of the token that it spent."""
    session, now = await ports.sessions.by_spent(digest), ports.clock.now()
    if session is None:
        raise SessionEnded
    session.must_be_alive(now)
    await _let_go_on_again(ports, session, life, origin, now=now)


async def end_session(ports: IdentityPorts, digest: bytes) -> None:
    """Ending what has ended, or never was, is no error: nobody learns which tokens exist."""
    session = await ports.sessions.by_digest(digest) or await ports.sessions.by_spent(digest)
    if session is not None:
        await _end(ports, session, Ending.SIGNED_OUT)


async def end_my_session(ports: IdentityPorts, actor: Actor, session_id: SessionId) -> None:
    session = await ports.sessions.locked(session_id)
    if session.user_id != actor.id:
        raise NotFound(entity="Session", id=session_id)
    if session.id != actor.session_id:
        must_be_owner(actor)
    await _end(ports, session, Ending.REVOKED)


async def end_my_other_sessions(ports: IdentityPorts, actor: Actor) -> None:
    must_be_owner(actor)
    await end_sessions(ports, actor.id, Ending.REVOKED, but=actor.session_id)


async def end_all_my_sessions(ports: IdentityPorts, actor: Actor) -> None:
    must_be_owner(actor)
    await end_sessions(ports, actor.id, Ending.REVOKED)


async def end_sessions_of(ports: IdentityPorts, actor: Actor, user_id: UserId) -> None:
    """By an admin."""
    actor.must(Permission.MANAGE_USERS)
    await ports.users.get(user_id)
    await end_sessions(ports, user_id, Ending.REVOKED)


async def end_sessions(ports: IdentityPorts, user_id: UserId, because: Ending, *, but: SessionId | None = None) -> None:
    """All of somebody's but the one, in one statement."""
    now = ports.clock.now()
    for id in await ports.sessions.end_all(user_id, because, but=but, now=now):
        ports.emit(events.SessionEnded(at=now, user_id=user_id, session_id=id, because=because.value))
    if but is None:
        await outdate_tokens(ports, user_id)


async def outdate_tokens(ports: IdentityPorts, user_id: UserId) -> None:
    """Whatever access token was made before this commits is void; sessions stay, and make new ones."""
    now = ports.clock.now()
    version = await ports.credentials.outdate(user_id, now=now)
    ports.emit(events.TokensOutdated(at=now, user_id=user_id, auth_version=version))


async def _let_go_on(ports: IdentityPorts, session: Session, life: Life, origin: Origin, *, now: datetime) -> datetime:
    """Until when, by what is asked of its user now."""
    rules = await rules_of(ports, session.user_id)
    await must_be_let_in(ports, session.user_id, rules, origin)
    await must_have_second_factor(ports, session.user_id, rules, now=now)
    return rules.session_end(life, opened=session.created_at, now=now)


async def _let_go_on_again(
    ports: IdentityPorts, session: Session, life: Life, origin: Origin, *, now: datetime
) -> None:
    session.shorten(until=await _let_go_on(ports, session, life, origin, now=now), now=now)
    await ports.sessions.save(session)


async def _end(ports: IdentityPorts, session: Session, because: Ending) -> None:
    ended = list(session.end(because, now=ports.clock.now()))
    if ended:
        await ports.sessions.save(session)
        ports.emit(*ended)


async def _answered(ports: IdentityPorts, session: Session, answer: Answer) -> SignedIn:
    # Before the roles: whoever changes them in between makes this version an old one, and the token void.
    version = await ports.credentials.auth_version(session.user_id)
    user = await ports.users.get(session.user_id)
    user.must_be_active()
    seconds_left = session.seconds_left(ports.clock.now())
    return answer(Opened(session_id=session.id, user=user, auth_version=version, seconds_left=seconds_left))
