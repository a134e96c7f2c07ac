"""Proving that an address is one's own, and moving to another."""

from lms_domain.identity import events
from lms_domain.identity.errors import EmailTaken, NotRegisteredByYou, WrongPassword
from lms_domain.identity.events import VerificationAsked
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.tickets import BOTH, LinkNotGood, Purpose, TicketId
from lms_domain.identity.use_cases.guards import must_be_fresh, must_be_signed_in
from lms_domain.identity.use_cases.ruling import must_take
from lms_domain.identity.use_cases.tickets import issue, issue_both, nobody, use_ticket
from lms_domain.identity.views import EmailChange, KnownCredential
from lms_domain.kernel import Actor, Invalid, NotFound, Problem


async def ask_for_verification(ports: IdentityPorts, email: str) -> None:
    """As ask_for_reset: nobody can tell whether there is such an account."""
    user_id = await ports.users.id_of(email, nobody())
    ports.emit(events.VerificationAsked(at=ports.clock.now(), user_id=user_id))


async def issue_verification(ports: IdentityPorts, event: VerificationAsked) -> None:
    try:
        user = await ports.users.locked(event.user_id)
    except NotFound:
        return
    if user.awaits_proof:
        await issue(ports, user, Purpose.EMAIL_VERIFICATION)


async def verify_email(ports: IdentityPorts, ticket_id: TicketId, known: KnownCredential) -> None:
    """After the password was found right for what was `known` then: who reads the mail is who made the account."""
    ticket, user = await use_ticket(ports, ticket_id)
    if not user.is_active or user.email != ticket.email:
        raise LinkNotGood
    today = await ports.credentials.known(user.id)
    if today is None or today.changed_at != known.changed_at:
        raise NotRegisteredByYou
    if user.awaits_proof:
        ports.emit(*user.prove_email(now=ports.clock.now()))
        await ports.users.save(user)


async def note_refusal(ports: IdentityPorts, email: str, answer: str) -> None:
    """What a mail server said of the address, if it is still somebody's."""
    user = await ports.users.by_email(email)
    if user is not None and user.email_refused_at is None:
        ports.emit(*user.refuse_letters(answer, now=ports.clock.now()))
        await ports.users.save(user)


async def ask_for_email_change(ports: IdentityPorts, actor: Actor, email: str, *, password_is_right: bool) -> None:
    """Two letters: whoever has stolen a session has neither mailbox. An earlier change that waits is void."""
    must_be_signed_in(actor)
    user = await ports.users.locked(actor.id)
    user.must_be_active()
    if not password_is_right:
        raise WrongPassword
    await must_be_fresh(ports, actor)
    if email == user.email:
        raise Invalid(Problem("email", "another address than the present one"))
    must_take(email, [held.policy for held in await ports.policies.held_by(user.id)])
    now = ports.clock.now()
    await ports.tickets.void(user.id, BOTH, now=now)
    await issue_both(ports, user, email, now=now)


async def confirm_email_change(ports: IdentityPorts, ticket_id: TicketId) -> EmailChange:
    """The address changes when both letters were answered. Links sent to the old one are void then."""
    ticket, user = await use_ticket(ports, ticket_id)
    if not user.is_active or ticket.change_id is None:
        raise LinkNotGood
    now = ports.clock.now()
    if await ports.tickets.used(ticket.change_id) < set(BOTH):
        ports.emit(events.EmailHalfConfirmed(at=now, user_id=user.id))
        return EmailChange(email=ticket.email, is_complete=False)
    holder = await ports.users.by_email(ticket.email)
    if holder is not None and holder.id != user.id:
        raise EmailTaken
    user.email, user.email_verified_at, user.updated_at = ticket.email, now, now
    user.email_refused_at, user.email_refusal = None, ""
    await ports.users.save(user)
    await ports.tickets.void(user.id, [Purpose.PASSWORD_RESET, Purpose.EMAIL_VERIFICATION], now=now)
    ports.emit(events.EmailChanged(at=now, user_id=user.id))
    return EmailChange(email=ticket.email, is_complete=True)
