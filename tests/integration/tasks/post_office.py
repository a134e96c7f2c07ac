"""A real SMTP server that takes what it is given, or answers what a test wants."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session


class PostOffice:
    def __init__(self, port: int) -> None:
        self.messages: list[EmailMessage] = []
        self.answer = "250 OK"
        self.asked, self.is_open = asyncio.Event(), asyncio.Event()
        self.is_open.set()
        self.port = port

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(self), "127.0.0.1", self.port)
        async with server:
            yield

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd's)
        self.asked.set()
        await self.is_open.wait()
        if self.answer.startswith("250"):
            message = message_from_bytes(envelope.content or b"", policy=policy.default)  # type: ignore[arg-type]
            assert isinstance(message, EmailMessage)
            self.messages.append(message)
        return self.answer

    def ids(self, to: str) -> list[str]:
        """Of the messages that came for somebody, in their order, each as often as it came."""
        return [str(message["Message-ID"]) for message in self.messages if message["To"] == to]
