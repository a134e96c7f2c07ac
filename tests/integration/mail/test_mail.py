"""Letters as they leave: to a folder, and to a real SMTP server that is good or bad in its ways."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lms_adapters.mail import smtp
from lms_adapters.mail.folder import FolderMailer
from lms_adapters.mail.smtp import SmtpMailer
from lms_domain.kernel import Secret, Unavailable, new_id
from lms_domain.mailing import Letter

SENDER = "Bee school <school@example.org>"
LETTER = Letter(
    id=new_id(), to="ada@example.org", subject="Grüße: 1/2", text="Dear Ada,\n\nhttps://lms.test/#token=a_b-c\n"
)


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def must_be_the_letter(message: EmailMessage) -> None:
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, LETTER.to, LETTER.subject)
    assert message["Message-ID"] == f"<{LETTER.id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n") == LETTER.text


async def test_a_folder_holds_the_letter_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    for _ in range(2):
        await FolderMailer(folder, sender=SENDER).send(LETTER)
    [file] = folder.iterdir()
    must_be_the_letter(read(file.read_bytes()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file")
    with pytest.raises(Unavailable):
        await FolderMailer(tmp_path / "mailbox", sender=SENDER).send(LETTER)


class Server:
    """Answers what a test wants, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's name)
        if self.answer.startswith("250"):
            self.taken.append(envelope.content if isinstance(envelope.content, bytes) else b"")
        return self.answer


Serve = Callable[..., Awaitable[int]]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def serve(server: Server) -> AsyncIterator[Serve]:
    """Its port."""
    listening: list[asyncio.Server] = []

    async def start(**options: Any) -> int:
        make = partial(SMTP, server, hostname="lms.test", **options)
        listening.append(await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0))
        return int(listening[-1].sockets[0].getsockname()[1])

    yield start
    for each in listening:
        each.close()


def mailer(port: int, **options: Any) -> SmtpMailer:
    given: dict[str, Any] = {"sender": SENDER, "tls": "none", "password": Secret("")} | options
    return SmtpMailer("127.0.0.1", port, **given)


async def test_a_letter_reaches_its_server(server: Server, serve: Serve) -> None:
    await mailer(await serve()).send(LETTER)
    must_be_the_letter(read(server.taken[0]))


@pytest.mark.parametrize("answer", ["451 try later", "550 no such mailbox", "421 going away"])
async def test_a_letter_that_is_not_taken_is_told(server: Server, serve: Serve, answer: str) -> None:
    server.answer = answer
    with pytest.raises(Unavailable):
        await mailer(await serve()).send(LETTER)


async def test_a_server_that_is_away_or_says_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(Unavailable):
        await mailer(1).send(LETTER)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    with pytest.raises(Unavailable):
        await mailer(listening.sockets[0].getsockname()[1]).send(LETTER)
    listening.close()


async def test_who_wants_tls_does_not_send_without(server: Server, serve: Serve) -> None:
    port = await serve()
    for tls in ("starttls", "tls"):
        with pytest.raises(Unavailable):
            await mailer(port, tls=tls).send(LETTER)
    assert server.taken == []


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # without TLS, here on loopback
async def test_a_server_that_asks_for_a_password_gets_it(server: Server, serve: Serve) -> None:
    def check(_: Any, __: Any, ___: Any, mechanism: str, data: Any) -> AuthResult:
        good = isinstance(data, LoginPassword) and (data.login, data.password) == (b"lms", b"open sesame")
        return AuthResult(success=good)

    port = await serve(authenticator=check, auth_required=True, auth_require_tls=False)
    with pytest.raises(Unavailable):
        await mailer(port).send(LETTER)
    with pytest.raises(Unavailable):
        await mailer(port, user="lms", password=Secret("wrong")).send(LETTER)
    await mailer(port, user="lms", password=Secret("open sesame")).send(LETTER)
    assert len(server.taken) == 1
