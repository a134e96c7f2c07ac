"""Files of courses: bytes are stored once, and shown under an address that cannot be guessed."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from lms_domain.kernel import OrganizationId

PATH = "/api/v1/assets/"
# An address: the key says which file, the name is there for people and for the browser's "Save as".
ADDRESS = re.compile(re.escape(PATH) + r"([0-9a-f]{32})/([A-Za-z0-9_][A-Za-z0-9._-]{0,199})")
KEY = re.compile(r"[0-9a-f]{32}")
REFERENCE = re.compile(r"asset:([A-Za-z0-9_][A-Za-z0-9._-]{0,199})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """`key`: 128 random bits in hex. Whoever knows it may read the file."""

    key: str
    organization_id: OrganizationId
    sha256: bytes
    name: str
    media_type: str
    size: int
    created_at: datetime


def address_of(key: str, name: str) -> str:
    return f"{PATH}{key}/{name}"


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


def rewrite(value: Any, pattern: re.Pattern[str], replace: Callable[[re.Match[str]], str]) -> Any:
    """The JSON value with every match in its texts replaced."""
    if isinstance(value, str):
        return pattern.sub(replace, value)
    if isinstance(value, list):
        return [rewrite(item, pattern, replace) for item in value]
    if isinstance(value, dict):
        return {name: rewrite(item, pattern, replace) for name, item in value.items()}
    return value


def with_addresses(value: Any, addresses: Mapping[str, str]) -> Any:
    """`asset:NAME` becomes the address of that file; a name that nobody knows stays as it is."""
    return rewrite(value, REFERENCE, lambda match: addresses.get(match[1], match[0]))
