"""A folder in place of a mail server: for development, where no mail should leave the machine."""

import asyncio
from pathlib import Path

from lms_adapters.mail.messages import message_of
from lms_domain.kernel import Unavailable
from lms_domain.mailing import Letter


class FolderMailer:
    """Each letter is a file that mail programs open. Only its owner may read it: it may hold a link to an account."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self._folder, self._sender = folder, sender

    async def send(self, letter: Letter, /) -> None:
        try:
            await asyncio.to_thread(self._write, letter)
        except OSError as error:
            raise Unavailable("The mail folder cannot be written to.") from error

    def _write(self, letter: Letter) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        begun = self._folder / f".{letter.id}"
        begun.touch(mode=0o600)
        begun.write_bytes(bytes(message_of(letter, self._sender)))
        begun.rename(self._folder / f"{letter.id}.eml")
