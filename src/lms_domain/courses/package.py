"""A course on its way in or out: what an archive holds, whatever its format, and how archives are refused.

Everything in a package is JSON of the right shape, but nothing of it has passed the rules of a draft yet: whoever
imports it checks it like the input of a person.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lms_domain.kernel import Invalid

# done, total, what is being done: for a progress bar. `total` may change with the step.
Progress = Callable[[int, int, str], None]


# Settings that are not packed: ids of other courses mean nothing elsewhere, and a slug is given where a course arrives.
STAYS_BEHIND = frozenset({"prerequisite_ids", "slug"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedLesson:
    """`key` names the lesson within its source for ever, so that a second import updates it.

    `content` has the fields of its kind, see `content.py`. Pictures and files are written `asset:NAME`; NAME is the
    name of one of the package's assets.
    """

    key: str
    title: str
    kind: str
    content: dict[str, Any]
    required: bool = True
    preview: bool = False
    completion_rule: dict[str, Any] = field(default_factory=lambda: {"kind": "viewed"})
    duration_seconds: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedSection:
    key: str
    title: str
    summary: str = ""
    lessons: tuple[PackedLesson, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedAsset:
    """A file of the course. `name`: ASCII letters, digits, `.`, `_` and `-`, unique within the package."""

    name: str
    media_type: str
    size: int  # bytes
    sha256: str  # 64 hexadecimal digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Omission:
    """Something the archive holds and the course does not, and why.

    `name` is what the source calls it, `place` where it stands (`Chapter > Subsection > Unit`). `is_partial`: the
    item itself was taken, but not all of it.
    """

    kind: str
    name: str
    title: str = ""
    place: str = ""
    reason: str
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePackage:
    """`page` holds descriptive fields, `settings` settings, both by their names on the course; what is missing is
    left as it is. `asset:NAME` stands in `page` as well, such as in `thumbnail`.
    """

    format: str
    key: str  # names the course within its source for ever
    page: dict[str, Any]
    settings: dict[str, Any] = field(default_factory=dict)
    sections: tuple[PackedSection, ...] = ()
    assets: tuple[PackedAsset, ...] = ()
    omissions: tuple[Omission, ...] = ()
    notices: tuple[str, ...] = ()  # what an author should know of how the course was taken

    @property
    def lessons(self) -> Iterator[PackedLesson]:
        return (lesson for section in self.sections for lesson in section.lessons)


class OpenPackage(Protocol):
    """A package whose files can be read until it is closed."""

    @property
    def package(self) -> CoursePackage: ...
    def read(self, asset: PackedAsset, /) -> Iterator[bytes]:
        """The bytes of the file in pieces, so that no file is held whole."""


class Archives(Protocol):
    """Course archives on disk. To open and to write one takes seconds: in a thread, outside a transaction."""

    def open(self, path: Path, /, *, progress: Progress | None = None) -> AbstractContextManager[OpenPackage]:
        """Read an archive of any known format; the format is told by its content.

        What was unpacked is removed when the context ends, however it ends. Raises ArchiveNotReadable,
        ArchiveTooLarge, ArchiveUnsafe, NotACourse.
        """

    def folder(self) -> AbstractContextManager[Path]:
        """An empty folder for files on their way, gone when the context ends. Where a process was killed before that,
        the next folder that is asked for, or archive that is opened, makes up for it.
        """

    def write(self, package: CoursePackage, read: Callable[[PackedAsset], Iterator[bytes]], path: Path, /) -> None:
        """Write our own format: the same package always gives the same bytes. `omissions` and `notices` tell of a
        reading, so they are not written.
        """


class ArchiveNotReadable(Invalid):
    message = "This file is not an archive that can be read."


class ArchiveTooLarge(Invalid):
    message = "This archive holds more than is allowed."


class ArchiveUnsafe(Invalid):
    message = "This archive holds something that an archive of a course never needs."


class NotACourse(Invalid):
    message = "This archive holds no course."
