"""Files of courses: bytes are stored once, and shown under an address that cannot be guessed."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from lms_domain.kernel import OrganizationId

PATH = "/api/v1/assets/"
ADDRESS = re.compile(re.escape(PATH) + r"([0-9a-f]{32})/[^\s\"'<>()]*")
REFERENCE = re.compile(r"asset:([^\s\"'<>()]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """`key`: 128 random bits in hex. Whoever knows the address may read the file."""

    key: str
    organization_id: OrganizationId
    sha256: bytes
    name: str
    media_type: str
    created_at: datetime

    @property
    def address(self) -> str:
        return f"{PATH}{self.key}/{quote(self.name)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetFile:
    name: str
    media_type: str
    data: bytes


class Assets(Protocol):
    """Kept per organization: the same bytes have one address within it, and another one elsewhere."""

    async def known(self, organization_id: OrganizationId, digests: Collection[bytes], /) -> Mapping[bytes, Asset]:
        """Those the organization has already, by their SHA-256."""

    async def put_bytes(self, sha256: bytes, data: bytes, /) -> None:
        """Nothing happens where they are stored already."""

    async def add_all(self, assets: Collection[Asset], /) -> None: ...


class AssetReads(Protocol):
    async def file(self, key: str, /) -> AssetFile:
        """Raises NotFound."""

    async def named(self, keys: Collection[str], /) -> Mapping[str, Asset]:
        """What is known of these, by key."""


def rewrite(value: Any, pattern: re.Pattern[str], found: Mapping[str, str]) -> Any:
    """The JSON value with every match in its texts replaced by what `found` has for its first group.

    What `found` does not have stays as it is.
    """
    if isinstance(value, str):
        return pattern.sub(lambda match: found.get(match[1], match[0]), value)
    if isinstance(value, list):
        return [rewrite(item, pattern, found) for item in value]
    if isinstance(value, dict):
        return {name: rewrite(item, pattern, found) for name, item in value.items()}
    return value


def keys_in(value: Any) -> set[str]:
    """The keys of all assets that the JSON value shows."""
    if isinstance(value, str):
        return set(ADDRESS.findall(value))
    if isinstance(value, dict):
        value = list(value.values())
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()
