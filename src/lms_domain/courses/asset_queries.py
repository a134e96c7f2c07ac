"""What people ask of the files of courses."""

from typing import Protocol

from lms_domain.courses.assets import AssetFile, AssetReads
from lms_domain.kernel import NotFound


class ReadsAssets(Protocol):
    @property
    def assets(self) -> AssetReads: ...


async def asset_file(reads: ReadsAssets, key: str, name: str) -> AssetFile:
    """Anybody's who knows the whole address."""
    file = await reads.assets.file(key)
    if file.name != name:
        raise NotFound(entity="Asset", key=key)
    return file
