"""What upkeep asks of the outside. Everything is bounded by `limit`, and one statement."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from lms_domain.enrollments.events import Names
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.kernel import CourseId
from lms_domain.schedules import Schedule
from lms_domain.upkeep.model import Drift, Refuse, Retention


class Schedules(Protocol):
    async def due(self, *, now: datetime) -> list[Schedule]:
        """Those whose time has come, each given to one caller alone; their next time is one span later."""


class Upkeep(Protocol):
    async def access_ended(self, limit: int, /, *, now: datetime) -> Sequence[tuple[Names, datetime]]:
        """Of whom nobody has been told so; who asks again is not given them again. With when it ended."""

    async def access_ending(self, limit: int, /, *, now: datetime, until: datetime) -> Sequence[tuple[Names, datetime]]:
        """The same of access that ends by then."""

    async def inactive(
        self, after: UUID | None, limit: int, /, *, since: datetime
    ) -> tuple[Sequence[tuple[Names, datetime]], UUID | None]:
        """Active learners of open courses who have done nothing since, and when they last did; once for each time.
        Looks through `limit` enrollments; where to go on, or None at the end.
        """

    async def could_seat(self, limit: int, /) -> Sequence[CourseId]:
        """Courses where somebody waits although a seat is free."""

    async def purge(self, what: Refuse, limit: int, /, *, before: datetime) -> int: ...
    async def drifted_courses(self, sample: int, /) -> Sequence[Drift]: ...
    async def drifted_enrollments(self, sample: int, /) -> Sequence[Drift]: ...
    async def report(self, drifts: Sequence[Drift], /, *, now: datetime) -> None:
        """For operators; what is reported already is reported once, with the newest numbers."""


class UpkeepPorts(EnrollmentPorts, Protocol):
    @property
    def schedules(self) -> Schedules: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def retention(self) -> Retention: ...


WARNED_BEFORE = timedelta(days=7)
INACTIVE_AFTER = timedelta(days=14)
