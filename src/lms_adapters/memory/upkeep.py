"""The clock of the unit tests strikes only where a test says so."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.store import Store
from lms_domain.enrollments.events import Names
from lms_domain.kernel import CourseId
from lms_domain.schedules import EVERY, Schedule
from lms_domain.upkeep.model import Refuse


class MemorySchedules:
    def __init__(self, store: Store) -> None:
        self._due: dict[Schedule, datetime] = store.setdefault("schedules", {})

    async def due(self, *, now: datetime) -> list[Schedule]:
        due = [schedule for schedule in EVERY if self._due.get(schedule, now) <= now]
        self._due.update({schedule: now + EVERY[schedule] for schedule in due})
        return due


class NoUpkeep:
    """Nothing is old enough."""

    async def access_ended(self, _: int, /, *, now: datetime) -> Sequence[tuple[Names, datetime]]:  # noqa: ARG002
        return []

    async def access_ending(
        self,
        _: int,
        /,
        *,
        now: datetime,  # noqa: ARG002
        until: datetime,  # noqa: ARG002
    ) -> Sequence[tuple[Names, datetime]]:
        return []

    async def inactive(
        self,
        _: UUID | None,
        __: int,
        /,
        *,
        since: datetime,  # noqa: ARG002
    ) -> tuple[Sequence[tuple[Names, datetime]], UUID | None]:
        return [], None

    async def could_seat(self, _: UUID | None, __: int, /) -> Sequence[CourseId]:
        return []

    async def purge(self, _: Refuse, __: int, /, *, before: datetime) -> int:  # noqa: ARG002
        return 0
