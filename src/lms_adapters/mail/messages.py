"""Letters as RFC 5322 messages."""

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import format_datetime, parseaddr

from lms_adapters.mail.rendering import LetterTemplates, Rendered, language_of
from lms_domain.mailing import Letter


class Messages:
    """`sender`: an address, with the name of the site before it or without."""

    def __init__(self, sender: str) -> None:
        self._name, self._address = parseaddr(sender)
        self._templates = LetterTemplates(self._name or self._address.rpartition("@")[2])

    def rendered(self, letter: Letter) -> Rendered:
        return self._templates.render(letter)

    def of(self, letter: Letter) -> EmailMessage:
        rendered = self.rendered(letter)
        message = EmailMessage(policy=SMTPUTF8)
        message["From"] = Address(self._name, addr_spec=self._address)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = rendered.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{letter.id}@{self._address.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer by a machine, please
        if letter.unsubscribe_url:  # RFC 8058
            message["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        message["Content-Language"] = language_of(letter.locale)
        return message
