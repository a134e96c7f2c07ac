"""Files of courses, in memory."""

from collections.abc import Collection

from lms_adapters.memory.store import Store
from lms_domain.courses.assets import Asset
from lms_domain.kernel import OrganizationId


class MemoryAssets:
    def __init__(self, store: Store) -> None:
        self._assets: dict[str, Asset] = store.setdefault("assets", {})
        self._blobs: dict[bytes, bytes] = store.setdefault("blobs", {})

    async def known(self, organization_id: OrganizationId, digests: Collection[bytes], /) -> dict[bytes, Asset]:
        mine = (a for a in self._assets.values() if a.organization_id == organization_id)
        return {asset.sha256: asset for asset in mine if asset.sha256 in digests}

    async def put_bytes(self, sha256: bytes, data: bytes, /) -> None:
        self._blobs.setdefault(sha256, data)

    async def add_all(self, new: Collection[Asset], /) -> None:
        self._assets.update({asset.key: asset for asset in new})
