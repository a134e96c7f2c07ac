"""What is left of somebody who was erased: that it was done, and nothing of who they were."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

from lms_domain.kernel import Conflict, NotFound, UserId

# What learners did is counted on, under an id that leads to nobody any more.
KEPT = ("enrollments", "lesson_progress", "ratings")
# Nothing that was under way when somebody was erased takes so long: a transfer ten minutes, a job fifteen.
IN_FLIGHT = timedelta(hours=1)
SEALED_AS = "erasure"  # the purpose of a receipt's seal


class ErasedBy(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    OPERATOR = "operator"


@dataclass(slots=True, kw_only=True)
class Erasure:
    """`removed`: rows by table, deleted or emptied of what was personal at `erased_at`; not of the second pass."""

    id: UUID
    user_id: UserId
    erased_at: datetime
    by: ErasedBy
    removed: dict[str, int] = field(default_factory=dict)


def erasure_id(user_id: UserId) -> UUID:
    """Nobody is erased twice, and a receipt can be given before it is true."""
    return uuid5(NAMESPACE_URL, f"lms:erasure:{user_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`receipt` opens this again, for whoever has it. It names nobody. `removed`: rows by table, at `erased_at`."""

    receipt: str
    erased_at: datetime
    by: ErasedBy
    removed: Mapping[str, int]
    kept: tuple[str, ...] = KEPT


class UserIsErased(Conflict):
    message = "This account was erased, and cannot be brought back."


class NoSuchReceipt(NotFound):
    message = "There is no such receipt."


class Erasures(Protocol):
    async def add(self, erasure: Erasure, /) -> None: ...
    async def of(self, user_id: UserId, /) -> Erasure | None: ...
    async def scrub(self, user_id: UserId, email: str, /) -> dict[str, int]:
        """Everything personal but the account's own row, everywhere; what was there, by table.

        `email`: what others may have named them by.
        """


class PersonalData(Protocol):
    """Reading what there is of one person."""

    def parts(self, user_id: UserId, /) -> AsyncIterator[tuple[str, Sequence[Mapping[str, Any]]]]:
        """Some rows at a time, by name; the parts come one after the other."""

    async def addresses(self, user_id: UserId, /) -> list[str]:
        """Where letters about the account have gone."""

    async def erasure(self, id: UUID, /) -> Erasure | None: ...
