"""A new row under the first slug that is free."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import to_row


async def add_as_first_free(conn: AsyncConnection, table: Table, entity: Any, slugs: Sequence[str]) -> bool:
    """Whether one was free; the entity has it then. Waits for whoever is taking the same one at this moment."""
    row = to_row(entity)
    for slug in slugs:
        query = insert(table).values(row | {"slug": slug}).on_conflict_do_nothing(index_elements=["slug"])
        if (await conn.execute(query.returning(table.c.id))).first():
            entity.slug = slug
            return True
    return False
