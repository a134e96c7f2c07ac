"""A folder in place of a mail server: for development, where no mail should leave the machine."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from email import message_from_bytes
from email.utils import parseaddr
from pathlib import Path

from lms_adapters.mail.messages import Messages
from lms_domain.kernel import Unavailable
from lms_domain.mailing import Letter


class FolderMailer:
    """Each letter is a file that mail programs open. Only its owner may read it: it may hold a link to an account."""

    def __init__(self, folder: Path, messages: Messages) -> None:
        self._folder, self._messages = folder, messages

    async def send(self, letter: Letter, /) -> None:
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as error:
            raise Unavailable("The mail folder cannot be written to.") from error

    async def forget(self, addresses: Sequence[str], /) -> None:
        await asyncio.to_thread(self._remove, {address.casefold() for address in addresses})

    def _remove(self, addresses: set[str]) -> None:
        for path in self._folder.glob("*.eml"):
            with suppress(FileNotFoundError):  # somebody else has it removed
                to = message_from_bytes(path.read_bytes())["to"] or ""
                if parseaddr(to)[1].casefold() in addresses:
                    path.unlink()

    def _write(self, letter: Letter) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        begun = self._folder / f".{letter.id}"
        begun.touch(mode=0o600)
        begun.write_bytes(bytes(self._messages.of(letter)))
        begun.rename(self._folder / f"{letter.id}.eml")
