"""What is written to people about their accounts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lms_domain.identity.devices import device_of
from lms_domain.identity.events import (
    EmailVerified,
    MfaDisabled,
    MfaEnabled,
    PasskeyAdded,
    PasskeyCopySuspected,
    PasskeyRemoved,
    PasswordChanged,
    RecoveryCodeUsed,
    RegistrationRepeated,
    SessionOpened,
    TicketIssued,
    TotpRemoved,
    UserEvent,
)
from lms_domain.identity.model import User
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.identity.tickets import LIFE, Purpose, TicketId
from lms_domain.kernel import NotFound, SessionId, UserId
from lms_domain.mailing import Letter, LetterKind

OF_TICKETS: Mapping[Purpose, LetterKind] = {
    Purpose.PASSWORD_RESET: LetterKind.PASSWORD_RESET,
    Purpose.INVITATION: LetterKind.INVITATION,
    Purpose.EMAIL_VERIFICATION: LetterKind.VERIFICATION,
    Purpose.OLD_EMAIL: LetterKind.OLD_EMAIL,
    Purpose.NEW_EMAIL: LetterKind.NEW_EMAIL,
}
# Letters that say what happened, and nothing besides.
PLAIN: Mapping[type[UserEvent], LetterKind] = {
    MfaDisabled: LetterKind.MFA_DISABLED,
    MfaEnabled: LetterKind.MFA_ENABLED,
    PasskeyAdded: LetterKind.PASSKEY_ADDED,
    PasskeyCopySuspected: LetterKind.PASSKEY_COPIED,
    PasskeyRemoved: LetterKind.PASSKEY_REMOVED,
    PasswordChanged: LetterKind.PASSWORD_CHANGED,
    RecoveryCodeUsed: LetterKind.RECOVERY_CODE_USED,
    RegistrationRepeated: LetterKind.REGISTRATION_REPEATED,
    TotpRemoved: LetterKind.TOTP_REMOVED,
}


async def plain(ports: IdentityPorts, event: UserEvent) -> Letter | None:
    return await about_account(ports, event.user_id, event.id, PLAIN[type(event)])


async def with_link(ports: IdentityPorts, event: TicketIssued) -> Letter | None:
    """Somebody asks for it, so it is sent even to an address that was refused before."""
    try:
        ticket = await ports.tickets.get(TicketId(event.ticket_id))
    except NotFound:  # erased with its user
        return None
    if ticket.used_at is not None:  # replaced before it was sent
        return None
    user = await ports.users.get(ticket.user_id)
    values: dict[str, Any] = {"url": ports.links.of(ticket), "life": LIFE[ticket.purpose]}
    if ticket.purpose is Purpose.OLD_EMAIL:
        values["email"] = ticket.email
    to = ticket.email if ticket.purpose is Purpose.NEW_EMAIL else user.email
    return letter_to(user, event.id, OF_TICKETS[ticket.purpose], values, to=to)


async def new_sign_in(ports: IdentityPorts, event: SessionOpened) -> Letter | None:
    """From a device that no earlier sign-in came from; the first one of all is no news."""
    session = await ports.sessions.get(SessionId(event.session_id))
    known = {device_of(agent) for agent in await ports.sessions.user_agents_before(session)}
    device = device_of(session.user_agent)
    if not known or device in known:
        return None
    values = {"device": device, "ip": session.ip or "", "at": session.created_at}
    return await about_account(ports, event.user_id, event.id, LetterKind.NEW_SIGN_IN, values)


async def welcome(ports: IdentityPorts, event: EmailVerified) -> Letter | None:
    """Not before: who registers with a stranger's address has only one letter sent there."""
    name = (await ports.users.get(event.user_id)).full_name
    values = {"name": name, "url": ports.links.page()}
    return await about_account(ports, event.user_id, event.id, LetterKind.WELCOME, values)


async def about_account(
    ports: IdentityPorts, user_id: UserId, id: UUID, kind: LetterKind, values: Mapping[str, Any] | None = None
) -> Letter | None:
    """None where no letter arrives: the account was erased, or its address refuses them."""
    user = await ports.users.get(user_id)
    if user.erased_at is not None or user.email_refused_at is not None:
        return None
    return letter_to(user, id, kind, values or {})


def letter_to(
    user: User,
    id: UUID,
    kind: LetterKind,
    values: Mapping[str, Any],
    *,
    to: str = "",
    unsubscribe_url: str | None = None,
) -> Letter:
    return Letter(
        id=id,
        kind=kind,
        to=to or user.email,
        locale=user.locale,
        timezone=user.timezone,
        values=values,
        unsubscribe_url=unsubscribe_url,
    )
