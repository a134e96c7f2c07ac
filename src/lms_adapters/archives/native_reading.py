"""Reading our own archive format: everything is checked, since anybody may have written it."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeVar

import msgspec

from lms_adapters.archives.documents import Documents, DocumentTooLarge
from lms_adapters.archives.limits import Limits
from lms_adapters.archives.names import ASSET_NAME
from lms_adapters.archives.native import ASSETS, COURSE, FORMAT, MANIFEST, VERSION, asset_path
from lms_adapters.archives.safe import Unpacked
from lms_domain.courses.package import (
    ArchiveNotReadable,
    CoursePackage,
    PackedAsset,
    PackedLesson,
    PackedSection,
    Progress,
)

T = TypeVar("T")


class _Manifest(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int


Key = Annotated[str, msgspec.Meta(min_length=1, max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Page(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Which types the fields have; their rules are the draft's."""

    title: str
    summary: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    language: str | msgspec.UnsetType = msgspec.UNSET
    level: str | msgspec.UnsetType = msgspec.UNSET
    category: str | msgspec.UnsetType | None = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    objectives: list[str] | msgspec.UnsetType = msgspec.UNSET
    requirements: list[str] | msgspec.UnsetType = msgspec.UNSET
    estimated_minutes: int | msgspec.UnsetType | None = msgspec.UNSET
    thumbnail: str | msgspec.UnsetType | None = msgspec.UNSET


class _Price(msgspec.Struct, forbid_unknown_fields=True):
    amount: int
    currency: str


class _Settings(msgspec.Struct, forbid_unknown_fields=True):
    visibility: str | msgspec.UnsetType = msgspec.UNSET
    price: _Price | msgspec.UnsetType | None = msgspec.UNSET
    seats: int | msgspec.UnsetType | None = msgspec.UNSET
    enrollment_opens_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    enrollment_closes_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    access_days: int | msgspec.UnsetType | None = msgspec.UNSET
    metadata: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


class _Section(msgspec.Struct, forbid_unknown_fields=True):
    key: Key
    title: str
    lessons: list[str]
    summary: str = ""


class _Course(msgspec.Struct, forbid_unknown_fields=True):
    key: Key
    page: _Page
    sections: list[_Section]
    settings: _Settings = msgspec.field(default_factory=_Settings)


def is_native(files: Unpacked) -> bool:
    return MANIFEST in files and COURSE in files


def read_native(files: Unpacked, limits: Limits, progress: Progress) -> tuple[CoursePackage, dict[str, str]]:
    """The package, and the member that holds each asset. Raises ArchiveNotReadable."""
    documents = Documents(files, limits)
    manifest = _decode(documents, MANIFEST, _Manifest)
    if (manifest.format, manifest.version) != (FORMAT, VERSION):
        shown = f"{manifest.format} {manifest.version}"
        raise _broken(f"it is written in the format {shown!r}; {FORMAT} {VERSION} can be read")
    course = _decode(documents, COURSE, _Course)
    assets = _decode(documents, ASSETS, list[PackedAsset]) if ASSETS in files else []
    _check_assets(assets, files, progress)
    package = CoursePackage(
        format=FORMAT,
        key=course.key,
        page=msgspec.to_builtins(course.page),
        settings=msgspec.to_builtins(course.settings),
        sections=tuple(_section(documents, section) for section in course.sections),
        assets=tuple(assets),
    )
    _once("section", (section.key for section in package.sections))
    _once("lesson", (lesson.key for lesson in package.lessons))
    return package, {asset.name: asset_path(asset) for asset in assets}


def _section(documents: Documents, section: _Section) -> PackedSection:
    lessons = tuple(_decode(documents, name, PackedLesson) for name in section.lessons)
    return PackedSection(key=section.key, title=section.title, summary=section.summary, lessons=lessons)


def _decode(documents: Documents, name: str, type: type[T]) -> T:
    if name not in documents:
        raise _broken(f"it has no {name!r}")
    try:
        return msgspec.json.decode(documents.bytes(name), type=type)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, DocumentTooLarge) as error:
        raise _broken(f"{name!r}: {error}") from error


def _check_assets(assets: list[PackedAsset], files: Unpacked, progress: Progress) -> None:
    _once("file", (asset.name for asset in assets))
    for done, asset in enumerate(assets, 1):
        if not ASSET_NAME.fullmatch(asset.name):
            raise _broken(f"{asset.name!r} is no name for a file")
        if asset_path(asset) not in files:
            raise _broken(f"it has no {asset_path(asset)!r}")
        if _digest(files, asset_path(asset)) != (asset.sha256, asset.size):
            raise _broken(f"{asset_path(asset)!r} is not the file that {ASSETS} describes")
        progress(done, len(assets), "Checking files")


def _digest(files: Unpacked, name: str) -> tuple[str, int]:
    digest = hashlib.sha256()
    for piece in files.pieces(name):
        digest.update(piece)
    return digest.hexdigest(), files.size(name)


def _once(what: str, keys: Iterable[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise _broken(f"two have the same name: {what} {twice[0]!r}")


def _broken(why: str) -> ArchiveNotReadable:
    return ArchiveNotReadable(message=f"This course archive is damaged: {why}.")
