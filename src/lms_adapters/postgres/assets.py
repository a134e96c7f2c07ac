"""Files of courses in PostgreSQL: the bytes once per content, an address per organization."""

from collections.abc import Collection

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import from_row, to_row
from lms_adapters.postgres.courses_tables import assets, blobs
from lms_domain.courses.assets import Asset, AssetFile
from lms_domain.kernel import NotFound, OrganizationId


class PgAssets:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def known(self, organization_id: OrganizationId, digests: Collection[bytes], /) -> dict[bytes, Asset]:
        query = select(assets).where(assets.c.organization_id == organization_id, assets.c.sha256.in_(digests))
        rows = await self._conn.execute(query)
        return {row.sha256: from_row(row, Asset) for row in rows}

    async def put_bytes(self, sha256: bytes, data: bytes, /) -> None:
        row = {"sha256": sha256, "size": len(data), "data": data}
        await self._conn.execute(upsert(blobs).values(row).on_conflict_do_nothing())

    async def add_all(self, new: Collection[Asset], /) -> None:
        if new:
            await self._conn.execute(insert(assets), [to_row(asset) for asset in new])


class PgAssetReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def file(self, key: str, /) -> AssetFile:
        joined = assets.join(blobs, blobs.c.sha256 == assets.c.sha256)
        query = select(assets.c.name, assets.c.media_type, blobs.c.data).select_from(joined)
        row = (await self._conn.execute(query.where(assets.c.key == key))).first()
        if row is None:
            raise NotFound(entity="Asset", key=key)
        return AssetFile(name=row.name, media_type=row.media_type, data=bytes(row.data))

    async def named(self, keys: Collection[str], /) -> dict[str, Asset]:
        rows = await self._conn.execute(select(assets).where(assets.c.key.in_(keys)))
        return {row.key: from_row(row, Asset) for row in rows}
