"""Changing a password, with the old one or with a link. Hashing is done before these begin."""

from lms_domain.identity import events
from lms_domain.identity.errors import WrongPassword
from lms_domain.identity.events import ResetAsked
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.sessions import Ending
from lms_domain.identity.tickets import BOTH, LinkNotGood, Purpose, TicketId
from lms_domain.identity.use_cases.api_tokens import revoke_all
from lms_domain.identity.use_cases.factors import end_all
from lms_domain.identity.use_cases.guards import must_be_signed_in
from lms_domain.identity.use_cases.sessions import end_sessions
from lms_domain.identity.use_cases.tickets import issue, nobody, use_ticket
from lms_domain.kernel import Actor, NotFound, Secret, UserId


async def change_password(ports: IdentityPorts, actor: Actor, known: Secret | None, new: Secret) -> None:
    """`known`: the hash that the old password was right for; None where it was wrong. Every other session ends."""
    must_be_signed_in(actor)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    now = ports.clock.now()
    if known is None or not await ports.credentials.replace(user.id, known, new, now=now):
        raise WrongPassword
    await ports.tickets.void(user.id, [Purpose.PASSWORD_RESET], now=now)
    await ports.challenges.void(user.id, now=now)
    await end_sessions(ports, user.id, Ending.PASSWORD, but=actor.session_id)
    ports.emit(events.PasswordChanged(at=now, user_id=user.id, by_reset=False))


async def harden_password(ports: IdentityPorts, user_id: UserId, known: Secret, harder: Secret) -> None:
    """The same password under today's cost, unless it was changed meanwhile."""
    await ports.credentials.replace(user_id, known, harder, now=None)


async def ask_for_reset(ports: IdentityPorts, email: str) -> None:
    """The same work whether there is such an account or not: what follows happens after the answer."""
    user_id = await ports.users.id_of(email, nobody())
    ports.emit(events.ResetAsked(at=ports.clock.now(), user_id=user_id))


async def issue_reset(ports: IdentityPorts, event: ResetAsked) -> None:
    try:
        user = await ports.users.locked(event.user_id)
    except NotFound:
        return
    if user.is_active:
        await issue(ports, user, Purpose.PASSWORD_RESET)


async def reset_password(ports: IdentityPorts, ticket_id: TicketId, new: Secret) -> None:
    """Every session ends. Who has read the mail has shown that the address is theirs: if nobody had before,
    somebody else may have made the account, and what they left in it to come back with goes.
    """
    ticket, user = await use_ticket(ports, ticket_id)
    now = ports.clock.now()
    if not user.is_active or user.email != ticket.email:
        raise LinkNotGood
    await ports.credentials.set(user.id, new, now=now)
    await ports.tickets.void(user.id, [Purpose.PASSWORD_RESET, Purpose.INVITATION], now=now)
    if user.email_verified_at is None:
        await ports.tickets.void(user.id, BOTH, now=now)
        await revoke_all(ports, user.id, by=user.id)
        await end_all(ports, user, by=user.id)
    if user.awaits_proof:
        ports.emit(*user.prove_email(now=now))
        await ports.users.save(user)
    await end_sessions(ports, user.id, Ending.PASSWORD)
    ports.emit(events.PasswordChanged(at=now, user_id=user.id, by_reset=True))
