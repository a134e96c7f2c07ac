"""How much an archive may hold, and the meter that an archive is read under."""

from dataclasses import dataclass

from lms_domain.courses.package import ArchiveTooLarge, ArchiveUnsafe

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    members: int = 20_000
    member_bytes: int = 256 * MIB  # unpacked; files are stored whole
    total_bytes: int = 2048 * MIB  # unpacked, all members together
    ratio: int = 100  # unpacked bytes for each byte of the archive; text rarely reaches 20
    free_bytes: int = 16 * MIB  # unpacked, before the ratio is looked at
    document_bytes: int = 8 * MIB  # one XML, HTML or JSON document
    text_bytes: int = 64 * MIB  # all documents together, which are held in memory
    elements: int = 500_000  # of all XML documents together
    depth: int = 100  # of XML elements


class Meter:
    """Counts what comes out of one archive, and refuses at the first byte too many."""

    def __init__(self, limits: Limits, archive_bytes: int) -> None:
        self._limits = limits
        self._allowed = max(limits.free_bytes, limits.ratio * archive_bytes)
        self._members: set[str] = set()
        self._entries = 0
        self._total = 0

    def entry(self) -> None:
        """One more entry of any kind."""
        self._entries += 1
        if self._entries > self._limits.members:
            most = self._limits.members
            raise ArchiveTooLarge(message=f"The archive holds more than {most} files and folders.", most=most)

    def member(self, name: str, size: int) -> None:
        """One more file, of a size that may be a lie."""
        if name in self._members:
            raise ArchiveUnsafe(message=f"The archive holds {name!r} twice.", member=name)
        self._members.add(name)
        if size > self._limits.member_bytes:
            self._refuse_member(name)

    def bytes(self, name: str, unpacked: int, piece: int) -> None:
        """A piece of the file `name`, of which `unpacked` bytes have come with it."""
        self._total += piece
        if unpacked > self._limits.member_bytes:
            self._refuse_member(name)
        if self._total > self._limits.total_bytes:
            most = self._limits.total_bytes
            raise ArchiveTooLarge(message=f"Unpacked, the archive is larger than {most // MIB} MiB.", most_bytes=most)
        if self._total > self._allowed:
            ratio = self._limits.ratio
            raise ArchiveTooLarge(
                message=f"Unpacked, the archive is more than {ratio} times its size.", most_ratio=ratio
            )

    def _refuse_member(self, name: str) -> None:
        most = self._limits.member_bytes
        raise ArchiveTooLarge(
            message=f"{name!r} in the archive is larger than {most // MIB} MiB.", member=name, most_bytes=most
        )
