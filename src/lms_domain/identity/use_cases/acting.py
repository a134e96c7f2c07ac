"""An admin who stands in for somebody, to see what they see: with a reason, for a while, and on record."""

import secrets
from collections.abc import Callable
from datetime import timedelta

from lms_domain.identity import events
from lms_domain.identity.errors import ActingRefused
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sessions import Session
from lms_domain.identity.sign_ins import Origin, printable
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_signed_in
from lms_domain.identity.views import ActingAs, Opened, Standing
from lms_domain.kernel import Actor, Forbidden, Permission, Problem, SessionId, UserId, new_id, refuse_if_any
from lms_domain.presence import SessionNeeded
from lms_domain.text import clean_text


async def act_as(
    ports: IdentityPorts,
    actor: Actor,
    user_id: UserId,
    answer: Callable[[Opened], ActingAs],
    *,
    reason: str,
    life: timedelta,
    origin: Origin,
) -> ActingAs:
    """The user sees the session among theirs, and may end it. It may do what they may, but for what is their own.

    It ends with the admin's own sign-in: who is no admin any more, or has signed out, does not stand in for anybody.
    """
    actor.must(Permission.MANAGE_USERS)
    must_be_signed_in(actor)
    problems: list[Problem] = []
    reason = clean_text(reason, "reason", problems, longest=500, shortest=3)
    refuse_if_any(problems)
    user = await ports.users.locked(user_id)  # whoever closes the account meanwhile ends this session as well
    if user.is_admin or not user.is_active or user.id == actor.id:
        raise ActingRefused
    await must_be_fresh(ports, actor)
    admin = await _signed_in_admin(ports, actor)
    now = ports.clock.now()
    session = Session(
        id=SessionId(new_id()),
        user_id=user.id,
        refresh_digest=secrets.token_bytes(32),  # of no token
        user_agent=printable(origin.user_agent),
        ip=origin.ip,
        created_at=now,
        last_used_at=now,
        expires_at=now + life,
        acting_admin_id=actor.id,
    )
    await ports.sessions.add(session)
    ports.emit(
        events.ActingBegan(
            at=now, user_id=user.id, by=actor.id, session_id=session.id, reason=reason, until=session.expires_at
        )
    )
    version = await ports.credentials.auth_version(user.id)
    opened = Opened(
        session_id=session.id,
        user=user,
        auth_version=version,
        seconds_left=session.seconds_left(now),
        admin=admin,
    )
    return answer(opened)


async def _signed_in_admin(ports: IdentityPorts, actor: Actor) -> Standing:
    """Who is one now, whatever an older token says."""
    if actor.session_id is None:
        raise SessionNeeded
    # Before the roles: whoever changes them in between makes this version an old one, and the token void.
    version = await ports.credentials.auth_version(actor.id)
    if not (await ports.users.get(actor.id)).is_admin:
        raise Forbidden(permission=Permission.MANAGE_USERS)
    return Standing(user_id=actor.id, session_id=actor.session_id, auth_version=version)
