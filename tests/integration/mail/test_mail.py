"""Letters as they leave: to a folder, and to a real SMTP server that is good or bad in its ways."""

import asyncio
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from lms_adapters.mail.folder import FolderMailer
from lms_adapters.mail.messages import Messages
from lms_adapters.mail.samples import sample
from lms_adapters.mail.smtp import SmtpMailer
from lms_domain.kernel import Secret, Unavailable
from lms_domain.mailing import LetterKind, Refused

SENDER = "Bee school <school@example.org>"
MESSAGES = Messages(SENDER)
LETTER = sample(LetterKind.ANNOUNCEMENT, "de")


def read(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def must_be_the_letter(message: EmailMessage) -> None:
    rendered = MESSAGES.rendered(LETTER)
    assert (message["From"], message["To"], message["Subject"]) == (SENDER, LETTER.to, rendered.subject)
    assert message["Message-ID"] == f"<{LETTER.id}@example.org>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "de"
    assert message["List-Unsubscribe"] == f"<{LETTER.unsubscribe_url}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.get_content_type() == "multipart/alternative"
    for kind, expected in (("plain", rendered.text), ("html", rendered.html)):
        part = message.get_body((kind,))
        assert part is not None
        assert part.get_content().replace("\r\n", "\n") == expected


async def test_a_folder_holds_the_letter_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mailbox"
    for _ in range(2):
        await FolderMailer(folder, MESSAGES).send(LETTER)
    [file] = folder.iterdir()
    must_be_the_letter(read(file.read_bytes()))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "mailbox").write_text("a file")
    with pytest.raises(Unavailable):
        await FolderMailer(tmp_path / "mailbox", MESSAGES).send(LETTER)


class Server:
    """Answers what a test wants, and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = self.answer_to_recipient = "250 OK"

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name, as below)
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        if self.answer_to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer_to_recipient

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
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
    given: dict[str, Any] = {"tls": "none", "password": Secret("")} | options
    return SmtpMailer("127.0.0.1", port, MESSAGES, **given)


async def test_a_letter_reaches_its_server(server: Server, serve: Serve) -> None:
    await mailer(await serve()).send(LETTER)
    must_be_the_letter(read(server.taken[0]))


async def test_a_mail_program_finds_where_to_unsubscribe(server: Server, serve: Serve) -> None:
    """By the bytes: who reads them with `email` is shown a header that was encoded as if it had not been."""
    long = f"https://lms.example.org/api/v1/unsubscribe/announcement/{'x' * 200}"
    await mailer(await serve()).send(replace(LETTER, unsubscribe_url=long))
    [raw] = server.taken
    assert b"\r\nList-Unsubscribe: <%s>\r\n" % long.encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert raw.isascii()
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))


async def test_an_address_beyond_ascii_is_written_to(server: Server, serve: Serve) -> None:
    await mailer(await serve(enable_SMTPUTF8=True)).send(replace(LETTER, to="grüße@example.org"))
    assert "\r\nTo: grüße@example.org\r\n".encode() in server.taken[0]
    with pytest.raises(Unavailable):
        await mailer(await serve()).send(replace(LETTER, to="grüße@example.org"))


async def test_a_name_of_any_kind_is_in_the_subject(server: Server, serve: Serve) -> None:
    title = "Ü" * 150 + " 蜂"
    await mailer(await serve()).send(replace(LETTER, values={**LETTER.values, "title": title}))
    assert title in str(read(server.taken[0])["Subject"])


@pytest.mark.parametrize("to_recipient", [True, False])
@pytest.mark.parametrize("answer", ["451 try later", "452 4.2.2 mailbox full", "421 going away"])
async def test_what_is_not_taken_now_may_be_tried_again(
    server: Server, serve: Serve, answer: str, *, to_recipient: bool
) -> None:
    setattr(server, "answer_to_recipient" if to_recipient else "answer", answer)
    with pytest.raises(Unavailable):
        await mailer(await serve()).send(LETTER)


@pytest.mark.parametrize("to_recipient", [True, False])
@pytest.mark.parametrize(
    ("answer", "is_address", "status"),
    [
        ("550 5.1.1 no such mailbox", True, "550 5.1.1"),
        ("552 5.2.2 mailbox full", True, "552 5.2.2"),
        ("550 5.7.1 relaying denied", False, "550 5.7.1"),
        ("554 5.6.0 I do not like what you write", False, "554 5.6.0"),
    ],
)
async def test_what_is_refused_for_good_says_whether_the_address_is_why(
    server: Server, serve: Serve, answer: str, status: str, *, is_address: bool, to_recipient: bool
) -> None:
    """That we may not send, or not that, is no fault of who would read it."""
    setattr(server, "answer_to_recipient" if to_recipient else "answer", answer)
    with pytest.raises(Refused) as refused:
        await mailer(await serve()).send(LETTER)
    assert refused.value.is_address is is_address
    assert refused.value.answer == answer
    assert str(refused.value) == f"The mail server refused the letter for good. ({status})"


@pytest.mark.parametrize("answer", ["550 no such mailbox", "551 not here", "553 not such a name"])
async def test_a_recipient_that_is_refused_without_more_words_is_an_address_that_takes_nothing(
    server: Server, serve: Serve, answer: str
) -> None:
    server.answer_to_recipient = answer
    with pytest.raises(Refused) as refused:
        await mailer(await serve()).send(LETTER)
    assert refused.value.is_address


@pytest.mark.parametrize(
    ("answer", "to_recipient"),
    [
        ("554 Message rejected as spam", False),
        ("550 no", False),
        ("500 Error: something of ours", False),
        ("503 not now", True),
        ("554 go away", True),
    ],
)
async def test_what_is_said_of_the_letter_or_of_us_silences_nobody(
    server: Server, serve: Serve, answer: str, *, to_recipient: bool
) -> None:
    """A filter that takes one announcement for spam must not cost a whole class their letters about accounts."""
    setattr(server, "answer_to_recipient" if to_recipient else "answer", answer)
    with pytest.raises(Refused) as refused:
        await mailer(await serve()).send(LETTER)
    assert not refused.value.is_address


async def test_whatever_a_server_says_can_be_kept(server: Server, serve: Serve) -> None:
    server.answer_to_recipient = "550 caf\udce9 \x07\x1b[31m" + "very " * 100 + "wrong"
    with pytest.raises(Refused) as refused:
        await mailer(await serve()).send(LETTER)
    answer = refused.value.answer
    assert answer.isprintable()
    assert len(answer) <= 500
    answer.encode()


async def test_a_sender_that_is_refused_is_nobody_elses_fault(
    server: Server, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> str:
        return "550 5.1.0 who are you"

    monkeypatch.setattr(Server, "handle_MAIL", never, raising=False)
    with pytest.raises(Unavailable):
        await mailer(await serve()).send(LETTER)
    assert server.taken == []


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def served_by(talk: Talk) -> AsyncIterator[int]:
    """Its port."""
    served = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield int(served.sockets[0].getsockname()[1])
    served.close()


async def test_a_server_that_is_away_or_says_nothing_is_told() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(Unavailable):
        await mailer(1).send(LETTER)
    async with served_by(silent) as port:
        with pytest.raises(Unavailable):
            await mailer(port, timeout_seconds=0.2).send(LETTER)


@pytest.mark.parametrize("heard", [0, 1, 2, 3, 4])
async def test_a_connection_that_drops_anywhere_is_told(heard: int) -> None:
    """After so many commands: the greeting, EHLO, MAIL, RCPT, DATA."""

    async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = [b"220 lms.test\r\n", b"250 lms.test\r\n", b"250 OK\r\n", b"250 OK\r\n", b"354 go on\r\n"]
        for answer in answers[:heard]:
            writer.write(answer)
            await reader.readline()
        writer.close()

    async with served_by(drops) as port:
        with pytest.raises(Unavailable):
            await mailer(port, timeout_seconds=5).send(LETTER)


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
