"""Texts of an archive, bounded one by one and all together, since they are held in memory."""

from lms_adapters.archives.limits import MIB, Limits
from lms_adapters.archives.safe import Unpacked
from lms_domain.courses.package import ArchiveTooLarge


class DocumentTooLarge(ValueError):
    """One document alone; the others can still be read."""


class Documents:
    def __init__(self, files: Unpacked, limits: Limits) -> None:
        self._files = files
        self._limits = limits
        self._read = 0

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def size(self, name: str) -> int:
        return self._files.size(name)

    def bytes(self, name: str) -> bytes:
        """Raises DocumentTooLarge for this one, ArchiveTooLarge for all together."""
        size = self._files.size(name)
        if size > self._limits.document_bytes:
            raise DocumentTooLarge(f"larger than {self._limits.document_bytes // MIB} MiB")
        self._read += size
        if self._read > self._limits.text_bytes:
            most = self._limits.text_bytes
            raise ArchiveTooLarge(message=f"The texts of the archive are larger than {most // MIB} MiB.")
        with self._files.open(name) as file:
            return file.read()

    def text(self, name: str) -> str:
        return self.bytes(name).decode("utf-8-sig", "replace")
