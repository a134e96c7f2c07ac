"""Mail by SMTP."""

from collections.abc import Sequence

import aiosmtplib

from lms_adapters.mail.messages import message_of
from lms_domain.kernel import Secret, Unavailable
from lms_domain.mailing import Letter

TIMEOUT_SECONDS = 10


class SmtpMailer:
    """`tls`: `starttls` wants the server to offer it, `tls` begins with it, `none` is for a server on this machine."""

    def __init__(self, host: str, port: int, *, sender: str, tls: str, user: str = "", password: Secret) -> None:
        self._host, self._port, self._sender, self._tls = host, port, sender, tls
        self._user, self._password = user, password

    def use(self, user: str, password: Secret, /) -> None:
        self._user, self._password = user, password

    async def forget(self, addresses: Sequence[str], /) -> None:
        """Nothing is kept here."""

    async def send(self, letter: Letter, /) -> None:
        try:
            await aiosmtplib.send(
                message_of(letter, self._sender),
                hostname=self._host,
                port=self._port,
                username=self._user or None,
                password=self._password.reveal() or None,
                use_tls=self._tls == "tls",
                start_tls=self._tls == "starttls",
                timeout=TIMEOUT_SECONDS,
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise Unavailable("The mail server did not take the letter.") from error
