"""What every database holds from its first migration on."""

from datetime import UTC, datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.identity_tables import organizations
from lms_domain.organizations.model import DEFAULT_ORGANIZATION_ID


async def add_default_organization(conn: AsyncConnection) -> None:
    now = datetime.now(UTC)
    row = {
        "id": DEFAULT_ORGANIZATION_ID,
        "slug": "default",
        "name": "Default organization",
        "is_default": True,
        "metadata": {},
        "is_active": True,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    await conn.execute(insert(organizations).values(row).on_conflict_do_nothing())
