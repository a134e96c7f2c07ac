"""Files of an OLX course: finding what an address means, and packing only what is used."""

import hashlib
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from lms_adapters.archives.media_types import media_type
from lms_adapters.archives.names import asset_name
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.safe import Unpacked
from lms_domain.courses.package import PackedAsset, Progress

# Pages and scripts would run in the name of our server; they are never served.
ACTIVE = (".css", ".htm", ".html", ".js", ".mjs", ".swf", ".xhtml", ".xml")
# The ways in which Open edX has written the address of a file, the newest last.
ADDRESSES = (
    re.compile(r"/?static/(?P<name>[^?#]+)"),
    re.compile(r"(?:https?://[^/]+)?(?:/assets/courseware/[^?#]*)?/?c4x/[^/]+/[^/]+/asset/(?P<name>[^?#]+)"),
    re.compile(r"(?:https?://[^/]+)?/?(?:assets/courseware/[^?#]*)?asset-v1:[^?#]*[@+/]block[@/](?P<name>[^?#]+)"),
)


def file_name(address: str) -> str | None:
    """The name of the file that an address means, or None if it means no file of the course."""
    for pattern in ADDRESSES:
        if match := pattern.match(address):
            return unquote(match["name"])
    return None


def _folded(name: str) -> str:
    """Open edX turns spaces, folders and most signs into `_`, and an export brings only some of them back."""
    return re.sub(r"(?:_|[^\w.\-])+", "_", unquote(name)).casefold()


class StaticFiles:
    """`members` are the names in the archive of what stands in `static/`, which is `folder`."""

    def __init__(self, files: Unpacked, folder: str, renamed: dict[str, Any]) -> None:
        self._files = files
        self._folder = folder
        self._members = sorted(name for name in files.names if name.startswith(folder))
        self._by_name = {_folded(member.removeprefix(folder)): member for member in reversed(self._members)}
        for name, said in renamed.items():
            member = self._by_name.get(_folded(str(said.get("displayname")))) if isinstance(said, dict) else None
            if member:
                self._by_name.setdefault(_folded(name), member)
        self.taken: dict[str, str] = {}  # asset name: member
        self._converted: set[str] = set()  # members of which another file was made

    def find(self, name: str) -> str | None:
        """The member of the archive, or None."""
        return self._by_name.get(_folded(name))

    def size(self, member: str) -> int:
        return self._files.size(member)

    def take(self, member: str) -> str:
        """The name of the asset that the member becomes."""
        return self._named(member, member.removeprefix(self._folder))

    def take_as(self, member: str, ending: str, data: bytes) -> str:
        """The name of the asset that the member becomes as a file of another format, which is `data`."""
        made = f"{member}\0{ending}"  # no member of an archive has such a name
        self._files.add(made, data)
        self._converted.add(member)
        return self._named(made, member.removeprefix(self._folder).rpartition(".")[0] + ending)

    def _named(self, member: str, name: str) -> str:
        name = asset_name(name)
        if self.taken.setdefault(name, member) != member:
            name = f"{hashlib.sha256(member.encode()).hexdigest()[:12]}-{name}"
            self.taken[name] = member
        return name

    def assets(self, progress: Progress) -> Iterable[PackedAsset]:
        for done, (name, member) in enumerate(sorted(self.taken.items()), 1):
            digest = hashlib.sha256()
            for piece in self._files.pieces(member):
                digest.update(piece)
            progress(done, len(self.taken), "Checking files")
            size = self._files.size(member)
            yield PackedAsset(name=name, media_type=media_type(name), size=size, sha256=digest.hexdigest())

    def report_unused(self, ledger: Ledger) -> None:
        used = self._converted.union(self.taken.values())
        for member in self._members:
            if member not in used:
                reason = (
                    "Pages, scripts and style sheets are never taken" if is_active(member) else "No lesson shows it"
                )
                ledger.item("file", member.removeprefix(self._folder), reason, "static")


def is_active(member: str) -> bool:
    return member.lower().endswith(ACTIVE)
