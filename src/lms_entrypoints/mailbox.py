"""The folder of letters, for looking into it while developing."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

from lms_domain.kernel import NotFound

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    id: UUID
    to: str
    subject: str
    date: datetime | None
    text: str
    html: str


class MailFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def newest(self) -> list[Kept]:
        """At most a hundred."""
        found = []
        for _, name in sorted(self._files(), reverse=True)[:MOST]:
            with suppress(NotFound):  # erased meanwhile
                found.append(self.get(UUID(name)))
        return found

    def get(self, id: UUID) -> Kept:
        try:
            message = message_from_bytes((self._folder / f"{id}.eml").read_bytes(), policy=policy.default)
        except FileNotFoundError:
            raise NotFound(entity="Letter", id=id) from None
        date = message["date"]
        return Kept(
            id=id,
            to=str(message["to"]),
            subject=str(message["subject"]),
            date=date.datetime if date else None,
            text=_part(message, "plain"),
            html=_part(message, "html"),
        )

    def _files(self) -> Iterator[tuple[float, str]]:
        """When each was written, and its id."""
        for path in self._folder.glob("*.eml"):
            try:
                yield path.stat().st_mtime, str(UUID(path.stem))
            except (FileNotFoundError, ValueError):  # the same, or none of ours
                continue


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""
