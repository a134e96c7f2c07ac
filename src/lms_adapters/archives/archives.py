"""Course archives of every format that can be read, and the one that is written."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lms_adapters.archives.folders import temporary_folder
from lms_adapters.archives.limits import Limits
from lms_adapters.archives.markup import Markup
from lms_adapters.archives.native import write_native
from lms_adapters.archives.native_reading import is_native, read_native
from lms_adapters.archives.olx import read_olx
from lms_adapters.archives.safe import Unpacked, unpacked
from lms_domain.courses.package import CoursePackage, PackedAsset, Progress


class OpenArchive:
    """A package whose files lie in a folder that goes when the archive is closed."""

    def __init__(self, package: CoursePackage, files: Unpacked, members: dict[str, str]) -> None:
        self.package = package
        self._files = files
        self._members = members

    def read(self, asset: PackedAsset, /) -> Iterator[bytes]:
        return self._files.pieces(self._members[asset.name])


def _silent(_done: int, _total: int, _what: str) -> None:
    pass


@contextmanager
def open_package(
    path: Path, *, markup: Markup, limits: Limits | None = None, progress: Progress | None = None
) -> Iterator[OpenArchive]:
    """The course in the archive; see `lms_domain.courses.package.Archives.open`."""
    limits, tell = limits or Limits(), progress or _silent
    with unpacked(path, limits, tell) as files:
        if is_native(files):
            package, members = read_native(files, limits, tell)
        else:
            package, members = read_olx(files, markup, limits, tell)
        yield OpenArchive(package, files, members)


class CourseArchives:
    """The port `lms_domain.courses.package.Archives`."""

    def __init__(self, markup: Markup, limits: Limits | None = None) -> None:
        self._markup = markup
        self._limits = limits

    @contextmanager
    def open(self, path: Path, /, *, progress: Progress | None = None) -> Iterator[OpenArchive]:
        with open_package(path, markup=self._markup, limits=self._limits, progress=progress) as package:
            yield package

    def folder(self) -> AbstractContextManager[Path]:
        return temporary_folder()

    def write(self, package: CoursePackage, read: Callable[[PackedAsset], Iterator[bytes]], path: Path, /) -> None:
        write_native(package, read, path)
