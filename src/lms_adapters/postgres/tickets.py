"""Tickets in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.identity_tables import tickets
from lms_domain.identity.tickets import Purpose, Ticket
from lms_domain.kernel import UserId


class PgTickets(PgRepository[Ticket]):
    entity = Ticket
    table = tickets

    async def count(self, user_id: UserId, purpose: Purpose, /, *, since: datetime) -> int:
        query = select(func.count()).select_from(tickets).where(tickets.c.user_id == user_id)
        recent = query.where(tickets.c.purpose == purpose, tickets.c.created_at >= since)
        return int((await self._conn.execute(recent)).scalar_one())

    async def used(self, change_id: UUID, /) -> set[Purpose]:
        query = select(tickets.c.purpose).where(tickets.c.change_id == change_id, tickets.c.used_at.is_not(None))
        return {Purpose(each) for each in (await self._conn.execute(query)).scalars()}

    async def void(self, user_id: UserId, purposes: Sequence[Purpose], /, *, now: datetime) -> None:
        mine = tickets.c.user_id == user_id, tickets.c.purpose.in_(purposes), tickets.c.used_at.is_(None)
        values = {"used_at": now, "version": tickets.c.version + 1}
        await self._conn.execute(update(tickets).where(*mine).values(values))
