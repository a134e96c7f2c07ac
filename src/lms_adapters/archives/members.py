"""What a tar and a zip have in common: a sequence of files, each read once, in pieces."""

from collections.abc import Iterator
from dataclasses import dataclass

PIECE = 1 << 16  # bytes read at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A regular file. `pieces` must be read to its end before the next member is asked for."""

    name: str
    size: int  # as the archive says
    pieces: Iterator[bytes]
