"""What is written to people about their accounts."""

from lms_domain.identity.events import (
    MfaDisabled,
    MfaEnabled,
    PasskeyAdded,
    PasskeyCopySuspected,
    PasskeyRemoved,
    PasswordChanged,
    RecoveryCodeUsed,
    RegistrationRepeated,
    TicketIssued,
    TotpRemoved,
)
from lms_domain.identity.ports import IdentityPorts
from lms_domain.identity.tickets import LIFE, Purpose, Ticket, TicketId
from lms_domain.kernel import UserId
from lms_domain.mailing import Letter

SUBJECTS = {
    Purpose.PASSWORD_RESET: "Choose a new password",
    Purpose.INVITATION: "You have an account",
    Purpose.EMAIL_VERIFICATION: "Is this your address?",
    Purpose.OLD_EMAIL: "Your address is to be changed",
    Purpose.NEW_EMAIL: "Is this your new address?",
}
TEXTS = {
    Purpose.PASSWORD_RESET: "Somebody, you we hope, asked for a new password. Choose one here:\n\n{link}\n\n"
    "The link is good once, for {life}. If it was not you, nothing has changed, and you need do nothing.\n",
    Purpose.INVITATION: "An account was made for you. Choose a password, and sign in with this address:\n\n{link}\n\n"
    "The link is good once, for {life}. After that ask for a new password.\n",
    Purpose.EMAIL_VERIFICATION: "You made an account with this address. Show that it is yours:\n\n{link}\n\n"
    "The link is good for {life}. If it was not you, ignore this letter.\n",
    Purpose.OLD_EMAIL: "Your account is to have the address {email} from now on. If you want that, say so here, and "
    "in the letter that went there:\n\n{link}\n\n"
    "The link is good for {life}. If you do not want it, do nothing, and change your password.\n",
    Purpose.NEW_EMAIL: "An account is to have this address from now on. If it is yours, say so here, and in the letter "
    "that went to the old address:\n\n{link}\n\n"
    "The link is good for {life}. If it is not yours, ignore this letter.\n",
}
CHANGED = (
    "Your password was changed, and you are signed out everywhere else. If it was not you, choose a new one at once "
    'with "forgotten password", and look through your passkeys and API tokens.\n'
)
REPEATED = (
    "Somebody, you perhaps, tried to make an account with this address, which has one. Sign in with it; if you do not "
    "know the password any more, ask for a new one. If it was not you, you need do nothing.\n"
)


MFA_ON = (
    "From now on signing in to your account takes more than the password: a code of your authenticator app, or a "
    "passkey. Keep the recovery codes.\n"
)
MFA_OFF = (
    "Signing in to your account takes no more than the password. If that was not you, change your password at once.\n"
)
TOTP_OFF = (
    "Codes of your authenticator app are no longer asked for; your passkeys are. If that was not you, change your "
    "password at once.\n"
)
PASSKEY_ON = (
    "A passkey was added: it signs in to your account. If that was not you, remove it, and change your password at "
    "once.\n"
)
PASSKEY_OFF = (
    "A passkey was removed: it no longer signs in to your account. If that was not you, change your password at once.\n"
)
PASSKEY_COPIED = (
    "Somebody tried to sign in to your account with a passkey that may be a copy of yours, and was refused. Remove "
    "that passkey, and make another one.\n"
)
CODE_USED = "A recovery code of your account was used. If that was not you, change your password at once.\n"


async def with_link(ports: IdentityPorts, event: TicketIssued) -> Letter | None:
    ticket = await ports.tickets.get(TicketId(event.ticket_id))
    if ticket.used_at is not None:  # replaced before it was sent
        return None
    to = ticket.email if ticket.purpose is Purpose.NEW_EMAIL else (await ports.users.get(ticket.user_id)).email
    return Letter(id=event.id, to=to, subject=SUBJECTS[ticket.purpose], text=_text(ticket, ports.links.of(ticket)))


async def password_changed(ports: IdentityPorts, event: PasswordChanged) -> Letter:
    return Letter(
        id=event.id, to=await _address(ports, event.user_id), subject="Your password was changed", text=CHANGED
    )


async def registration_repeated(ports: IdentityPorts, event: RegistrationRepeated) -> Letter:
    return Letter(id=event.id, to=await _address(ports, event.user_id), subject="You have an account", text=REPEATED)


async def mfa_enabled(ports: IdentityPorts, event: MfaEnabled) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="Your second factor is on", text=MFA_ON)


async def mfa_disabled(ports: IdentityPorts, event: MfaDisabled) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="Your second factor is off", text=MFA_OFF)


async def recovery_code_used(ports: IdentityPorts, event: RecoveryCodeUsed) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="A recovery code was used", text=CODE_USED)


async def totp_removed(ports: IdentityPorts, event: TotpRemoved) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="Your authenticator app was removed", text=TOTP_OFF)


async def passkey_added(ports: IdentityPorts, event: PasskeyAdded) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="A passkey was added", text=PASSKEY_ON)


async def passkey_removed(ports: IdentityPorts, event: PasskeyRemoved) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="A passkey was removed", text=PASSKEY_OFF)


async def passkey_copied(ports: IdentityPorts, event: PasskeyCopySuspected) -> Letter:
    to = await _address(ports, event.user_id)
    return Letter(id=event.id, to=to, subject="A passkey may have been copied", text=PASSKEY_COPIED)


async def _address(ports: IdentityPorts, user_id: UserId) -> str:
    return (await ports.users.get(user_id)).email


def _text(ticket: Ticket, link: str) -> str:
    hours = LIFE[ticket.purpose].total_seconds() / 3600
    life = f"{hours * 60:.0f} minutes" if hours < 1 else f"{hours:.0f} hours"
    return TEXTS[ticket.purpose].format(link=link, life=life, email=ticket.email)
