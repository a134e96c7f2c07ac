"""Making accounts and changing them. Passwords are hashed before these begin: no transaction waits for a hash."""

from collections.abc import Mapping
from typing import Any

from lms_domain.identity import events
from lms_domain.identity.erasure import UserIsErased
from lms_domain.identity.errors import LastAdmin
from lms_domain.identity.fields import profile_fields, roles_field
from lms_domain.identity.model import Credential, Role, User, new_user
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sessions import Ending
from lms_domain.identity.tickets import Purpose, new_ticket
from lms_domain.identity.use_cases.api_tokens import revoke_all
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_managing
from lms_domain.identity.use_cases.ruling import must_take_newcomer
from lms_domain.identity.use_cases.sessions import end_sessions, outdate_tokens
from lms_domain.identity.use_cases.tickets import tell_of_registration
from lms_domain.identity.views import Registered
from lms_domain.kernel import (
    Actor,
    Problem,
    Secret,
    UserId,
    must_be_current,
    refuse_if_any,
)


async def register(
    ports: IdentityPorts, *, email: str, full_name: str, password_hash: Secret, verified_only: bool = False
) -> Registered:
    """A student: nobody gives themselves another role. `email` is normalized already."""
    await must_take_newcomer(ports, email)
    user = await _add(ports, new_user(email, full_name, roles=[Role.STUDENT], now=ports.clock.now()), password_hash)
    ports.emit(events.UserRegistered(at=user.created_at, user_id=user.id))
    ticket = new_ticket(user.id, Purpose.EMAIL_VERIFICATION, user.email, now=user.created_at)
    await ports.tickets.add(ticket)
    ports.emit(*ticket.issued())
    return Registered(email=email, full_name=user.full_name, verified_only=verified_only)


async def register_again(ports: IdentityPorts, *, email: str, full_name: str) -> Registered:
    """Looks as `register` does, and makes nothing: whoever has the account is told."""
    if holder := await ports.users.by_email(email):
        await tell_of_registration(ports, holder)
    return Registered(email=email, full_name=full_name, verified_only=True)


async def create_user(
    ports: IdentityPorts, *, email: str, full_name: str, roles: list[Role], password_hash: Secret
) -> User:
    """By the operator at the command line, who is nobody's actor, and answers for the address."""
    user = new_user(email, full_name, roles=roles, now=ports.clock.now())
    user.email_verified_at = user.created_at
    await _add(ports, user, password_hash)
    ports.emit(events.UserCreated(at=user.created_at, user_id=user.id, by=None, roles=tuple(user.roles)))
    return user


async def invite_user(
    ports: IdentityPorts, actor: Actor, *, email: str, full_name: str, roles: list[Role], password_hash: Secret
) -> User:
    """By an admin. `password_hash`: of a password that nobody knows; the owner chooses another by letter."""
    await must_be_managing(ports, actor)
    await must_be_fresh(ports, actor)
    await must_take_newcomer(ports, email)
    user = await _add(ports, new_user(email, full_name, roles=roles, now=ports.clock.now()), password_hash)
    ports.emit(events.Invited(at=user.created_at, user_id=user.id, by=actor.id, roles=tuple(user.roles)))
    ticket = new_ticket(user.id, Purpose.INVITATION, user.email, now=user.created_at)
    await ports.tickets.add(ticket)
    ports.emit(*ticket.issued())
    return user


async def set_roles(ports: IdentityPorts, email: str, roles: list[Role]) -> User | None:
    """By the operator at the command line. None: there is no such account."""
    user = await ports.users.by_email(email)
    if user is not None:
        await _change(ports, user, {"roles": roles}, by=None)
    return user


async def make_admin(ports: IdentityPorts, email: str) -> User | None:
    """By the operator at the command line: an account that was closed is open again. None: there is no such account."""
    user = await ports.users.by_email(email)
    if user is not None:
        roles = [role for role in Role if role is Role.ADMIN or role in user.roles]
        await _change(ports, user, {"roles": roles, "is_active": True}, by=None)
    return user


async def change_me(
    ports: IdentityPorts, actor: Actor, values: Mapping[str, Any], *, expected: int | None = None
) -> User:
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    must_be_current(user.version, expected)
    problems: list[Problem] = []
    cleaned = profile_fields(values, problems)
    refuse_if_any(problems)
    await _change(ports, user, cleaned, by=actor.id)
    return user


async def change_user(
    ports: IdentityPorts, actor: Actor, user_id: UserId, values: Mapping[str, Any], *, expected: int | None = None
) -> User:
    """Roles and whether the account is active, by an admin."""
    await must_be_managing(ports, actor)
    user = await ports.users.locked(user_id)
    if user.erased_at:
        raise UserIsErased
    must_be_current(user.version, expected)
    problems: list[Problem] = []
    cleaned = profile_fields(values, problems)
    if "roles" in values or "is_active" in values:
        await must_be_fresh(ports, actor)
    if "roles" in values:
        cleaned["roles"] = roles_field(values["roles"], problems)
    if "is_active" in values:
        cleaned["is_active"] = values["is_active"]
    refuse_if_any(problems)
    await _change(ports, user, cleaned, by=actor.id)
    return user


async def _add(ports: IdentityPorts, user: User, password_hash: Secret) -> User:
    await ports.users.add(user)
    await ports.credentials.add(Credential(user_id=user.id, password_hash=password_hash, changed_at=user.created_at))
    return user


async def _change(ports: IdentityPorts, user: User, values: Mapping[str, Any], *, by: UserId | None) -> None:
    was_admin = user.is_admin
    before = (user.roles[:], user.is_active)
    happened = list(user.change(values, by=by, now=ports.clock.now()))
    if not happened:
        return
    if was_admin and not user.is_admin and not await ports.users.other_admins(user.id):
        raise LastAdmin
    await ports.users.save(user)
    ports.emit(*happened)
    if not user.is_active and before[1]:
        await end_sessions(ports, user.id, Ending.CLOSED)
        await revoke_all(ports, user.id, by=by)
    elif before != (user.roles, user.is_active):
        await outdate_tokens(ports, user.id)
