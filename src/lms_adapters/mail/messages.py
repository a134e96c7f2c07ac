"""Letters as RFC 5322 messages."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr

from lms_domain.mailing import Letter


def message_of(letter: Letter, sender: str) -> EmailMessage:
    """`sender`: an address, with a name before it or without."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{letter.id}@{address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine, please
    message.set_content(letter.text)
    return message
