"""Mail by SMTP."""

import re
from collections.abc import Sequence
from email.utils import parseaddr

import aiosmtplib

from lms_adapters.mail.messages import Messages
from lms_domain.kernel import Secret, Unavailable
from lms_domain.mailing import Letter, Refused

TIMEOUT_SECONDS = 10
LONGEST_ANSWER = 500
FOR_GOOD = range(500, 600)
ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")  # RFC 3463
OF_ADDRESS = ("5.1.", "5.2.")  # the address, or its mailbox; anything else may be a fault of ours
NO_MAILBOX = frozenset({550, 551, 553})  # RFC 5321 §4.2.3, as answers to RCPT; without an enhanced status
INTERNATIONAL = ("SMTPUTF8", "BODY=8BITMIME")  # RFC 6531


class SmtpMailer:
    """`tls`: `starttls` wants the server to offer it, `tls` begins with it, `none` is for a server on this machine."""

    def __init__(
        self,
        host: str,
        port: int,
        messages: Messages,
        *,
        tls: str,
        user: str = "",
        password: Secret,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._host, self._port, self._messages, self._tls = host, port, messages, tls
        self._user, self._password, self._timeout = user, password, timeout_seconds

    def use(self, user: str, password: Secret, /) -> None:
        self._user, self._password = user, password

    async def forget(self, addresses: Sequence[str], /) -> None:
        """Nothing is kept here."""

    async def send(self, letter: Letter, /) -> None:
        """Whatever is wrong with the sender or the password may be mended: only what is said of the recipient, or of
        the letter, is for good.
        """
        message = self._messages.of(letter)
        try:
            await aiosmtplib.send(
                bytes(message),
                sender=parseaddr(message["From"])[1],
                recipients=[letter.to],
                mail_options=[] if letter.to.isascii() else INTERNATIONAL,
                hostname=self._host,
                port=self._port,
                username=self._user or None,
                password=self._password.reveal() or None,
                use_tls=self._tls == "tls",
                start_tls=self._tls == "starttls",
                timeout=self._timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _judged(error.recipients[0], is_of_recipient=True) from error
        except aiosmtplib.SMTPDataError as error:
            raise _judged(error, is_of_recipient=False) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("The mail server did not take the letter.") from error


def _judged(error: aiosmtplib.SMTPResponseException, *, is_of_recipient: bool) -> Refused | Unavailable:
    """What is said of the letter says nothing of the address: a filter that takes one for spam silences nobody."""
    if error.code not in FOR_GOOD:
        return Unavailable(f"The mail server did not take the letter now ({error.code}).")
    found = ENHANCED.search(error.message)
    enhanced = found[0] if found else ""
    status = f"{error.code} {enhanced}".strip()
    is_address = enhanced.startswith(OF_ADDRESS) or (is_of_recipient and not enhanced and error.code in NO_MAILBOX)
    return Refused(status, _printable(f"{error.code} {error.message}"), is_address=is_address)


def _printable(answer: str) -> str:
    """A server may say anything, in any bytes."""
    text = " ".join(answer.encode(errors="replace").decode().split())
    return "".join(character for character in text if character.isprintable())[:LONGEST_ANSWER]
