"""Opening an archive that may be hostile: into a folder of its own, with names of our own, for a while.

Members are written to numbered files, so that no name of an archive ever becomes a name on this machine.
"""

import gzip
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from io import FileIO
from pathlib import Path
from typing import IO

from lms_adapters.archives.folders import temporary_folder
from lms_adapters.archives.limits import Limits, Meter
from lms_adapters.archives.members import PIECE, Member
from lms_adapters.archives.tar import tar_members
from lms_adapters.archives.zip import Frugal, zip_members
from lms_domain.courses.package import ArchiveNotReadable, Progress
from lms_domain.kernel import Invalid

GZIP, ZIP, USTAR = b"\x1f\x8b", (b"PK\x03\x04", b"PK\x05\x06"), b"ustar"
USTAR_AT = 257
KNOWN = "a .zip, .tar, .tar.gz or .tgz file"
# What the readers of the standard library raise; `RuntimeError` includes what they do not support.
DAMAGED = (
    EOFError, OverflowError, RuntimeError, ValueError,
    gzip.BadGzipFile, struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


class Unpacked:
    """The files of an archive, by their names in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, tuple[Path, int]] = {}

    @property
    def names(self) -> list[str]:
        return list(self._files)

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def size(self, name: str) -> int:
        return self._files[name][1]

    def open(self, name: str) -> IO[bytes]:
        return self._files[name][0].open("rb")

    def pieces(self, name: str) -> Iterator[bytes]:
        with self.open(name) as file:
            while piece := file.read(PIECE):
                yield piece

    def add(self, name: str, data: bytes) -> None:
        """A file that was made of others. Added twice, it stays as it is."""
        if name not in self._files:
            path = self._folder / str(len(self._files))
            path.write_bytes(data)
            self._files[name] = (path, len(data))

    def take(self, member: Member, meter: Meter) -> None:
        """Write the member down, as long as the meter allows it."""
        meter.member(member.name, member.size)
        path, size = self._folder / str(len(self._files)), 0
        with path.open("xb") as file:
            for piece in member.pieces:
                size += len(piece)
                meter.bytes(member.name, size, len(piece))
                file.write(piece)
        self._files[member.name] = (path, size)


@contextmanager
def unpacked(path: Path, limits: Limits, progress: Progress) -> Iterator[Unpacked]:
    """The archive's files, until the context ends. Raises ArchiveNotReadable, ArchiveTooLarge, ArchiveUnsafe."""
    with temporary_folder() as folder:
        files = Unpacked(folder)
        _unpack(path, files, limits, progress)
        yield files


def _unpack(path: Path, files: Unpacked, limits: Limits, progress: Progress) -> None:
    size = path.stat().st_size
    meter = Meter(limits, size)
    try:
        with Frugal(FileIO(path)) as raw, closing(_members(raw, meter)) as members:
            for member in members:
                files.take(member, meter)
                progress(min(raw.tell(), size), size, "Unpacking")
    except Invalid:  # is a ValueError as well
        raise
    except DAMAGED as error:
        raise ArchiveNotReadable(message="This archive is damaged or truncated.") from error


def _members(raw: Frugal, meter: Meter) -> Generator[Member, None, None]:
    start = raw.read(USTAR_AT + len(USTAR))
    raw.seek(0)
    if start.startswith(ZIP):
        yield from zip_members(raw, meter)
    elif start.startswith(GZIP):
        with gzip.GzipFile(fileobj=raw) as stream:
            yield from tar_members(stream, meter)
            while rest := stream.read(PIECE):  # to the checksum, which is at the end
                meter.bytes("", 0, len(rest))
    elif start[USTAR_AT:] == USTAR:
        yield from tar_members(raw, meter)
    else:
        raise ArchiveNotReadable(message=f"This file is not an archive that can be read; it must be {KNOWN}.")
