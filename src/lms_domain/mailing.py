"""Letters: what is written to people, and what carries it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """`id`: of the event it tells about. A letter that is sent twice, after a crash, has the same one."""

    id: UUID
    to: str
    subject: str
    text: str


class Mailer(Protocol):
    async def send(self, letter: Letter, /) -> None:
        """Raises Unavailable when it could not be handed on; it may be tried again."""


class KeptLetters(Protocol):
    async def forget(self, addresses: Sequence[str], /) -> None:
        """Letters to these that are kept here are removed."""
