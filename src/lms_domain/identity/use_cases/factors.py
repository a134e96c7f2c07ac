"""What authenticator apps and passkeys have in common: whose they are, when one was proved, and the end of all."""

from datetime import datetime

from lms_domain.identity import events
from lms_domain.identity.errors import MfaIsRequired
from lms_domain.identity.mfa import digest_of_code, new_recovery_codes
from lms_domain.identity.model import User
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.use_cases.guards import must_be_signed_in
from lms_domain.identity.use_cases.ruling import rules_of
from lms_domain.kernel import Actor, UserId


async def owner(ports: IdentityPorts, actor: Actor) -> User:
    """Held until the transaction ends."""
    must_be_signed_in(actor)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    return user


async def note_proof(ports: IdentityPorts, actor: Actor, *, now: datetime) -> None:
    """In the session, which `must_be_fresh` asks."""
    if actor.session_id is not None:
        session = await ports.sessions.locked(actor.session_id)
        session.second_factor_at = now
        await ports.sessions.save(session)


async def renewed_codes(ports: IdentityPorts, user_id: UserId) -> list[str]:
    """Recovery codes; the old ones are void."""
    codes = new_recovery_codes()
    await ports.second_factors.replace_recovery_codes(user_id, [digest_of_code(code) for code in codes])
    return codes


async def end_all(ports: IdentityPorts, user: User, *, by: UserId) -> None:
    if await ports.second_factors.remove(user.id):
        ports.emit(events.MfaDisabled(at=ports.clock.now(), user_id=user.id, by=by))


async def must_not_be_asked_for(ports: IdentityPorts, user: User) -> None:
    """By a policy, now or when its days of grace are over."""
    if (await rules_of(ports, user.id)).mfa_due:
        raise MfaIsRequired


async def end_if_none_is_left(ports: IdentityPorts, user: User) -> bool:
    """Recovery codes stand in for a second factor; without one they are none."""
    if await ports.second_factors.is_on(user.id):
        return False
    await must_not_be_asked_for(ports, user)
    await ports.second_factors.remove(user.id)
    ports.emit(events.MfaDisabled(at=ports.clock.now(), user_id=user.id, by=user.id))
    return True
