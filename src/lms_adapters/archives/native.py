"""Our own archive format, described in docs/course-archive.md: a zip of JSON documents and files.

The same course gives the same bytes on every machine: entries in a fixed order, no times, no compression, keys
sorted.
"""

import errno
import hashlib
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lms_adapters.archives.names import ASSET_NAME
from lms_domain.courses.package import CoursePackage, PackedAsset

FORMAT, VERSION = "lms-course", 1
MANIFEST, COURSE, ASSETS = "manifest.json", "course.json", "assets.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can tell
REGULAR_FILE = 0o100644 << 16
UNIX = 3


def asset_path(asset: PackedAsset) -> str:
    return f"assets/{asset.name}"


def write_native(package: CoursePackage, read: Callable[[PackedAsset], Iterator[bytes]], path: Path) -> None:
    """Raises ValueError where `read` does not give the bytes that an asset promises.

    A file that is there already stays as it is until the new one is complete.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "Is a directory", str(path))
    part = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.part")
    try:
        _write(package, read, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write(package: CoursePackage, read: Callable[[PackedAsset], Iterator[bytes]], path: Path) -> None:
    assets = sorted(package.assets, key=lambda asset: asset.name)
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, document in _documents(package, assets):
            text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
            archive.writestr(_entry(name), text.encode())
        for asset in assets:
            _write_asset(archive, asset, read(asset))


def _documents(package: CoursePackage, assets: list[PackedAsset]) -> Iterator[tuple[str, Any]]:
    yield MANIFEST, {"format": FORMAT, "version": VERSION}
    numbered = {lesson.key: f"lessons/{n:05}.json" for n, lesson in enumerate(package.lessons, 1)}
    sections = [
        {
            "key": section.key,
            "title": section.title,
            "summary": section.summary,
            "lessons": [numbered[lesson.key] for lesson in section.lessons],
        }
        for section in package.sections
    ]
    yield COURSE, {"key": package.key, "page": package.page, "settings": package.settings, "sections": sections}
    yield ASSETS, [asdict(asset) for asset in assets]
    for lesson in package.lessons:
        yield numbered[lesson.key], asdict(lesson)


def _write_asset(archive: zipfile.ZipFile, asset: PackedAsset, pieces: Iterator[bytes]) -> None:
    if not ASSET_NAME.fullmatch(asset.name):
        raise ValueError(f"{asset.name!r} is no name for a file in an archive")
    digest, size = hashlib.sha256(), 0
    entry = _entry(asset_path(asset))
    entry.file_size = asset.size
    with archive.open(entry, "w") as file:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    if (digest.hexdigest(), size) != (asset.sha256, asset.size):
        raise ValueError(f"{asset.name!r} has other bytes than it had")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system, entry.external_attr = UNIX, REGULAR_FILE
    return entry
