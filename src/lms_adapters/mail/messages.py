"""Letters as RFC 5322 messages."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from lms_adapters.mail.rendering import LetterTemplates, Rendered, language_of
from lms_domain.mailing import Letter

UNFOLDED = "List-Unsubscribe"


class Wire(EmailPolicy):
    """A long link in a header stays as it is (RFC 2369 §2): encoded, as `email` would have it, no program finds it."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}{self.linesep}" if name == UNFOLDED else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode() if name == UNFOLDED else super().fold_binary(name, value)


class Messages:
    """`sender`: an address, with the name of the site before it or without."""

    def __init__(self, sender: str) -> None:
        self._name, self._address = parseaddr(sender)
        self._templates = LetterTemplates(self._name or self._address.rpartition("@")[2])

    def rendered(self, letter: Letter) -> Rendered:
        return self._templates.render(letter)

    def of(self, letter: Letter) -> EmailMessage:
        rendered = self.rendered(letter)
        message = EmailMessage(policy=Wire(linesep="\r\n", utf8=not letter.to.isascii()))  # RFC 6531 where it must be
        message["From"] = Address(self._name, addr_spec=self._address)
        local, _, domain = letter.to.rpartition("@")
        message["To"] = Address(username=local, domain=domain)
        message["Subject"] = rendered.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{letter.id}@{self._address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine, please
        if letter.unsubscribe_url:  # RFC 8058
            message[UNFOLDED] = f"<{letter.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(rendered.text, cte="quoted-printable")
        message.add_alternative(rendered.html, subtype="html", cte="quoted-printable")
        message["Content-Language"] = language_of(letter.locale)
        return message
