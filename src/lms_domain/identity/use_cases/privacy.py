"""Giving somebody all there is about them, and erasing them for good."""

from lms_domain.identity import events
from lms_domain.identity.erasure import ErasedBy, Erasure, erasure_id
from lms_domain.identity.errors import LastAdmin, WrongPassword
from lms_domain.identity.model import User
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sessions import Ending
from lms_domain.identity.use_cases.api_tokens import revoke_all
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_managing, must_be_signed_in
from lms_domain.identity.use_cases.sessions import end_sessions
from lms_domain.kernel import Actor, UserId


async def give_my_data(ports: IdentityPorts, actor: Actor) -> None:
    """Before it is read: on record, and to nobody who only holds a token."""
    must_be_signed_in(actor)
    (await ports.users.get(actor.id)).must_be_active()
    await must_be_fresh(ports, actor)
    ports.emit(events.PersonalDataGiven(at=ports.clock.now(), user_id=actor.id))


async def erase_me(ports: IdentityPorts, actor: Actor, *, password_is_right: bool) -> Erasure:
    user = await must_be_me(ports, actor, password_is_right=password_is_right)
    return await _erase(ports, user, ErasedBy.OWNER, by=actor.id)


async def must_be_me(ports: IdentityPorts, actor: Actor, *, password_is_right: bool) -> User:
    must_be_signed_in(actor)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    await must_be_fresh(ports, actor)
    if not password_is_right:
        raise WrongPassword
    return user


async def erase_user(ports: IdentityPorts, actor: Actor, user_id: UserId) -> Erasure:
    """By an admin. Again: the same erasure."""
    await must_be_eraser(ports, actor)
    return await erase_as_asked(ports, user_id, by=actor.id)


async def must_be_eraser(ports: IdentityPorts, actor: Actor) -> None:
    await must_be_managing(ports, actor)
    must_be_signed_in(actor)
    await must_be_fresh(ports, actor)


async def erase_as_asked(ports: IdentityPorts, user_id: UserId, *, by: UserId) -> Erasure:
    """By somebody who was allowed to when they asked. Again: the same erasure."""
    user = await ports.users.locked(user_id)
    how = ErasedBy.OWNER if by == user_id else ErasedBy.ADMIN
    return await ports.erasures.of(user.id) or await _erase(ports, user, how, by=by)


async def erase_by_operator(ports: IdentityPorts, email: str) -> Erasure | None:
    """At the command line. None: there is no such account."""
    user = await ports.users.by_email(email)
    return None if user is None else await _erase(ports, user, ErasedBy.OPERATOR, by=None)


async def _erase(ports: IdentityPorts, user: User, how: ErasedBy, *, by: UserId | None) -> Erasure:
    if user.is_admin and not await ports.users.other_admins(user.id):
        raise LastAdmin
    now = ports.clock.now()
    await end_sessions(ports, user.id, Ending.CLOSED)
    await revoke_all(ports, user.id, by=by)
    email = user.email
    user.erase(now=now)
    await ports.users.save(user)
    removed = await ports.erasures.scrub(user.id, email)
    erasure = Erasure(id=erasure_id(user.id), user_id=user.id, erased_at=now, by=how, removed={"users": 1} | removed)
    await ports.erasures.add(erasure)
    ports.emit(events.UserErased(at=now, user_id=user.id, by=by, erasure_id=erasure.id))
    return erasure


async def erase_again(ports: IdentityPorts, event: events.UserErased) -> None:
    """What was under way when they were erased may have written of them since. Again: nothing is there to be erased."""
    user = await ports.users.locked(event.user_id)
    user.erase(now=event.at)
    await ports.users.save(user)
    await ports.erasures.scrub(user.id, user.email)
    ports.emit(events.ErasureCompleted(at=ports.clock.now(), user_id=user.id, erasure_id=event.erasure_id))
