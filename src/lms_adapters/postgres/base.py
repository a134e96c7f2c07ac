"""Rows in, dataclasses out. Columns carry the names of the fields they hold."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import MetaData, Row, RowMapping, Select, Table, func, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_domain.kernel import LmsError, NotFound, Secret, Stale

E = TypeVar("E")

# A list is counted exactly up to here: counting is bounded work, and nobody pages further by number.
COUNT_LIMIT = 10_000

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def to_row(entity: object) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(entity, builtin_types=(UUID, datetime, bytes), enc_hook=Secret.reveal)
    return row


def from_row(row: RowMapping | Row[*tuple[Any, ...]], shape: type[E]) -> E:
    mapping = row._mapping if isinstance(row, Row) else row  # noqa: SLF001 (SQLAlchemy's public name for it)
    values = {str(name): value for name, value in mapping.items()}  # msgspec wants exact str keys
    return msgspec.convert(values, shape, dec_hook=_secret)


def _secret(kind: type, value: Any) -> Any:
    if kind is Secret:
        return Secret(value)
    raise NotImplementedError(kind)


def bounded_count(query: Select[Any]) -> Any:
    """A scalar subquery that counts the rows of `query`, giving up one past COUNT_LIMIT."""
    rows = (
        query.with_only_columns(literal(1), maintain_column_froms=True).order_by(None).limit(COUNT_LIMIT + 1).subquery()
    )
    return select(func.count()).select_from(rows).scalar_subquery()


class PgRepository(Generic[E]):
    entity: type[E]
    table: ClassVar[Table]
    clashes: ClassVar[dict[str, type[LmsError]]] = {}

    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def get(self, id: UUID, /) -> E:
        return await self._one(select(self.table).where(self.table.c.id == id), id=id)

    async def locked(self, id: UUID, /) -> E:
        """As `get`, and nobody else changes it until this transaction ends.

        FOR NO KEY UPDATE: a row that refers to this one may be added meanwhile.
        """
        query = select(self.table).where(self.table.c.id == id)
        return await self._one(query.with_for_update(key_share=True), id=id)

    async def add(self, entity: E, /) -> None:
        await self.add_all([entity])

    async def add_all(self, entities: Sequence[E], /) -> None:
        if not entities:
            return
        try:
            await self._conn.execute(insert(self.table), [to_row(e) for e in entities])
        except IntegrityError as error:
            raise self._clash(error) from error

    async def save(self, entity: E, /) -> None:
        """Write the whole aggregate; a concurrent writer makes this Stale."""
        changed: Any = entity
        row = to_row(entity) | {"version": changed.version + 1}
        where = (self.table.c.id == changed.id) & (self.table.c.version == changed.version)
        try:
            result = await self._conn.execute(update(self.table).where(where).values(row))
        except IntegrityError as error:
            raise self._clash(error) from error
        if result.rowcount == 0:
            raise Stale
        changed.version += 1

    async def _one(self, query: Select[Any], **details: object) -> E:
        row = (await self._conn.execute(query)).first()
        if row is None:
            raise NotFound(entity=self.entity.__name__, **details)
        return from_row(row, self.entity)

    async def _all(self, query: Select[Any]) -> list[E]:
        return [from_row(row, self.entity) for row in await self._conn.execute(query)]

    def _clash(self, error: IntegrityError) -> Exception:
        diag = getattr(error.orig, "diag", None)
        known = self.clashes.get(getattr(diag, "constraint_name", None) or "")
        return known() if known else error
