"""Issuing tickets and taking them: what the use cases of passwords and of addresses share."""

from datetime import datetime, timedelta

from lms_domain.identity import events
from lms_domain.identity.model import User
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.tickets import BOTH, MOST_AN_HOUR, LinkNotGood, Purpose, Ticket, TicketId, new_ticket
from lms_domain.kernel import NotFound, UserId, new_id


async def issue(ports: IdentityPorts, user: User, purpose: Purpose) -> None:
    """The user is held. More than MOST_AN_HOUR are not sent, and nobody is told."""
    ticket = new_ticket(user.id, purpose, user.email, now=ports.clock.now())
    if await _is_kept(ports, ticket):
        ports.emit(*ticket.issued())


async def issue_both(ports: IdentityPorts, user: User, email: str, *, now: datetime) -> None:
    """As `issue`, for a change of address: both or none."""
    change_id = new_id()
    both = [new_ticket(user.id, purpose, email, now=now, change_id=change_id) for purpose in BOTH]
    if not all([await _has_room(ports, ticket) for ticket in both]):
        return
    for ticket in both:
        await ports.tickets.add(ticket)
        ports.emit(*ticket.issued())


async def tell_of_registration(ports: IdentityPorts, user: User) -> None:
    """As `issue`, of a letter without a link."""
    ticket = new_ticket(user.id, Purpose.REGISTRATION, user.email, now=ports.clock.now())
    event = events.RegistrationRepeated if await _is_kept(ports, ticket) else events.RegistrationPassedOver
    ports.emit(event(at=ticket.created_at, user_id=user.id))


async def _is_kept(ports: IdentityPorts, ticket: Ticket) -> bool:
    if has_room := await _has_room(ports, ticket):
        await ports.tickets.add(ticket)
    return has_room


async def _has_room(ports: IdentityPorts, ticket: Ticket) -> bool:
    an_hour_ago = ticket.created_at - timedelta(hours=1)
    return await ports.tickets.count(ticket.user_id, ticket.purpose, since=an_hour_ago) < MOST_AN_HOUR


async def use_ticket(ports: IdentityPorts, ticket_id: TicketId) -> tuple[Ticket, User]:
    """With its user, both held: first the user, as everywhere."""
    try:
        user = await ports.users.locked((await ports.tickets.get(ticket_id)).user_id)
        ticket = await ports.tickets.locked(ticket_id)
    except NotFound:
        raise LinkNotGood from None
    now = ports.clock.now()
    ticket.must_be_good(now)
    ticket.used_at = now
    await ports.tickets.save(ticket)
    return ticket, user


def nobody() -> UserId:
    return UserId(new_id())
