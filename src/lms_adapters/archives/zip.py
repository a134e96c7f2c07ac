"""Zip archives, in bounded memory: stored and deflated members only."""

import os
import stat
import zipfile
from collections.abc import Iterator
from io import BufferedReader
from typing import IO

from lms_adapters.archives.limits import Meter
from lms_adapters.archives.members import PIECE, Member
from lms_adapters.archives.names import member_name
from lms_domain.courses.package import ArchiveNotReadable, ArchiveTooLarge, ArchiveUnsafe

LARGEST_DIRECTORY = 1 << 22  # bytes of the central directory, which zipfile reads whole: 20,000 entries and more
ENCRYPTED = 0x1
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others may need gigabytes of memory to unpack


class Frugal(BufferedReader):
    """Refuses to read more at once than a central directory may have."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            size = max(0, os.fstat(self.fileno()).st_size - self.tell())
        if size > LARGEST_DIRECTORY:
            raise ArchiveTooLarge(message="The archive holds too many files.")
        return super().read(size)


def zip_members(file: Frugal, meter: Meter) -> Iterator[Member]:
    """The regular files. Raises ArchiveUnsafe at links and devices."""
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            meter.entry()
            name = member_name(info.filename)
            if info.is_dir() or not name:
                continue
            _check(name, info)
            with archive.open(info) as content:
                yield Member(name=name, size=info.file_size, pieces=_pieces(content))


def _check(name: str, info: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)  # the Unix mode, where there is one
    if kind == stat.S_IFLNK:
        raise ArchiveUnsafe(message=f"{name!r} in the archive is a symbolic link.", member=name)
    if kind not in {0, stat.S_IFREG}:
        raise ArchiveUnsafe(message=f"{name!r} in the archive is neither a file nor a folder.", member=name)
    if info.flag_bits & ENCRYPTED:
        raise ArchiveNotReadable(message="The archive is encrypted; pack it again without a password.")
    if info.compress_type not in METHODS:
        raise ArchiveNotReadable(message="The archive is compressed in an unusual way; pack it again with deflate.")


def _pieces(content: IO[bytes]) -> Iterator[bytes]:
    while piece := content.read(PIECE):
        yield piece
