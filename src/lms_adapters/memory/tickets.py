"""Tickets, in memory."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import MemoryRepository
from lms_domain.identity.tickets import LinkNotGood, Purpose, Ticket, TicketId
from lms_domain.kernel import UserId


class MemoryTickets(MemoryRepository[Ticket]):
    entity = Ticket

    async def count(self, user_id: UserId, purpose: Purpose, /, *, since: datetime) -> int:
        mine = self._where(lambda t: t.user_id == user_id and t.purpose is purpose and t.created_at >= since)
        return sum(1 for _ in mine)

    async def used(self, change_id: UUID, /) -> set[Purpose]:
        return {t.purpose for t in self._where(lambda t: t.change_id == change_id and t.used_at is not None)}

    async def void(self, user_id: UserId, purposes: Sequence[Purpose], /, *, now: datetime) -> None:
        for ticket in list(self._where(lambda t: t.user_id == user_id and t.purpose in purposes and t.used_at is None)):
            ticket.used_at = now
            await self.save(ticket)


class PlainLinks:
    """Whose token is the id."""

    def of(self, ticket: Ticket, /) -> str:
        return f"https://lms.test/#token={ticket.id}"

    def page(self, path: str = "", /) -> str:
        return f"https://lms.test/{path}"

    def absolute(self, address: str, /) -> str | None:
        if address.startswith(("#", "//")):
            return None
        return address if ":" in address else self.page(address.removeprefix("/"))

    def unsubscribe(self, user_id: UserId, what: str, /) -> str:
        return f"https://lms.test/api/v1/unsubscribe/{what}/{user_id}"

    def unsubscriber(self, what: str, token: str, /) -> UserId:  # noqa: ARG002 (the port's)
        try:
            return UserId(UUID(token))
        except ValueError:
            raise LinkNotGood from None

    def open(self, purpose: Purpose, token: str, /) -> TicketId:  # noqa: ARG002 (the port's)
        try:
            return TicketId(UUID(token))
        except ValueError:
            raise LinkNotGood from None
