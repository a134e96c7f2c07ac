"""Names of members, as an archive may give them."""

import re
import unicodedata

from lms_domain.courses.package import ArchiveUnsafe

LONGEST_NAME = 1_000  # characters
LONGEST_ASSET_NAME = 150
DEEPEST = 30
DRIVE = re.compile("[A-Za-z]:")
CONTROL = re.compile("[\x00-\x1f\x7f]")
ASSET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
NOT_IN_AN_ASSET_NAME = re.compile(r"[^A-Za-z0-9._-]")


def member_name(raw: str) -> str:
    """The path within the archive, with `/` between its parts; "" is the archive's own folder.

    Backslashes separate as well: what is a name on one system is a path on another. Raises ArchiveUnsafe.
    """
    name = raw.replace("\\", "/")
    parts = [part for part in name.split("/") if part not in {"", "."}]
    if name.startswith("/") or DRIVE.match(name):
        _refuse(raw, "has an absolute path")
    if ".." in parts:
        _refuse(raw, "leads out of the archive")
    if CONTROL.search(name) or len(name) > LONGEST_NAME or len(parts) > DEEPEST:
        _refuse(raw, "has no usable name")
    return "/".join(parts)


def _refuse(raw: str, why: str) -> None:
    shown = raw.encode("utf-8", "backslashreplace").decode()[:200]
    raise ArchiveUnsafe(message=f"{shown!r} in the archive {why}.", member=shown)


def asset_name(raw: str) -> str:
    """A name for a web address: `Été (1).png` is `Ete_1_.png`. Different files may come to the same name."""
    plain = unicodedata.normalize("NFKD", raw).encode("ascii", "ignore").decode()
    name = NOT_IN_AN_ASSET_NAME.sub("_", plain).lstrip(".-")
    stem, dot, ending = name.rpartition(".")
    if len(name) > LONGEST_ASSET_NAME:
        name = f"{stem[:130]}{dot}{ending[:15]}" if stem else name[:LONGEST_ASSET_NAME]
    return name if ASSET_NAME.fullmatch(name) else f"file_{name}"
