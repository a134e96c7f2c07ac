"""What a tar and a zip have in common: a sequence of files, each read once, in pieces."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

PIECE = 1 << 16  # bytes read at a time


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A regular file. `pieces` must be read to its end before the next member is asked for."""

    name: str
    size: int  # as the archive says
    pieces: Iterator[bytes]
