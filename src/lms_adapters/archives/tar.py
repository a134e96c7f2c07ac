"""Tar (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU long names) as a stream, in bounded memory.

`tarfile` reads extended headers and sparse maps of any size into memory, so only its decoding of a single 512-byte
header is used here.
"""

import tarfile
from collections.abc import Iterator

from lms_adapters.archives.limits import Meter
from lms_adapters.archives.members import PIECE, Member, Readable
from lms_adapters.archives.names import member_name
from lms_domain.courses.package import ArchiveNotReadable, ArchiveUnsafe

LARGEST_EXTENDED_HEADER = 1 << 16  # bytes; a long name and some times need a few hundred
MOST_DIGITS = 18  # of a size; what is longer is larger than any disk
GNU_LONG_NAME, GNU_LONG_LINK = b"L", b"K"
PAX, PAX_GLOBAL = b"x", b"g"
REGULAR = (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)
FORBIDDEN = {
    tarfile.LNKTYPE: "is a hard link",
    tarfile.SYMTYPE: "is a symbolic link",
    tarfile.CHRTYPE: "is a device",
    tarfile.BLKTYPE: "is a device",
    tarfile.FIFOTYPE: "is a named pipe",
    tarfile.GNUTYPE_SPARSE: "is a sparse file",
}


def tar_members(stream: Readable, meter: Meter) -> Iterator[Member]:
    """The regular files. Raises ArchiveUnsafe at anything that is neither a file nor a folder."""
    said: dict[str, str] = {}  # by extended headers, about the next member
    while (header := _header(stream)) is not None:
        meter.entry()
        if header.type in {GNU_LONG_NAME, GNU_LONG_LINK, PAX, PAX_GLOBAL}:
            said |= _extended(header, _read(stream, header.size, header.name))
            continue
        name, size = member_name(said.get("path", header.name)), _size(said.get("size"), header)
        said = {}
        if header.type in REGULAR and name:
            yield Member(name=name, size=size, pieces=_pieces(stream, size))
        elif header.type != tarfile.DIRTYPE and name:
            why = FORBIDDEN.get(header.type, "is neither a file nor a folder")
            raise ArchiveUnsafe(message=f"{name!r} in the archive {why}.", member=name)


def _header(stream: Readable) -> tarfile.TarInfo | None:
    """None at the end of the archive, which is a block of zeros."""
    block = _exactly(stream, tarfile.BLOCKSIZE)
    if not any(block):
        return None
    try:
        header = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise ArchiveNotReadable(message="This archive is damaged, or it is not a tar archive.") from error
    if header.size < 0:
        raise ArchiveNotReadable(message="This tar archive is damaged: a file has a negative size.")
    return header


def _extended(header: tarfile.TarInfo, data: bytes) -> dict[str, str]:
    """What an extended header says of the next member: `path` and `size` alone are of use here."""
    if header.type == GNU_LONG_NAME:
        return {"path": data.rstrip(b"\0").decode("utf-8", "surrogateescape")}
    if header.type != PAX:
        return {}
    records = _records(data)
    if any(keyword.startswith("GNU.sparse") for keyword in records):
        raise ArchiveUnsafe(message="The archive holds a sparse file.")
    return {name: records[name] for name in ("path", "size") if name in records}


def _records(data: bytes) -> dict[str, str]:
    r"""Pax records, `%d %s=%s\n`, the length counting itself (POSIX.1-2001, pax extended header)."""
    records: dict[str, str] = {}
    while data:
        length, _, _ = data.partition(b" ")
        end = int(length) if length.isdigit() and len(length) <= MOST_DIGITS else 0
        record, data = data[len(length) + 1 : end], data[end:]
        keyword, equals, value = record.rstrip(b"\n").partition(b"=")
        if not end or not equals:
            raise ArchiveNotReadable(message="This tar archive is damaged: an extended header has no sense.")
        records[keyword.decode("utf-8", "replace")] = value.decode("utf-8", "surrogateescape")
    return records


def _size(said: str | None, header: tarfile.TarInfo) -> int:
    if header.type not in REGULAR:
        return 0
    if said is None:
        return header.size
    if not said.isascii() or not said.isdigit() or len(said) > MOST_DIGITS:
        raise ArchiveNotReadable(message="This tar archive is damaged: a file has no size.")
    return int(said)


def _read(stream: Readable, size: int, name: str) -> bytes:
    if size > LARGEST_EXTENDED_HEADER:
        raise ArchiveUnsafe(message="The archive holds an extended header that is too large.", member=name)
    return b"".join(_pieces(stream, size))


def _pieces(stream: Readable, size: int) -> Iterator[bytes]:
    left = size
    while left:
        piece = _exactly(stream, min(left, PIECE))
        left -= len(piece)
        yield piece
    _exactly(stream, -size % tarfile.BLOCKSIZE)


def _exactly(stream: Readable, size: int) -> bytes:
    data = stream.read(size)
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            raise ArchiveNotReadable(message="This archive is truncated.")
        data += more
    return data
