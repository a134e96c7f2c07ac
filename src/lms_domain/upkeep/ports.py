"""What upkeep asks of the outside. Everything is bounded by `limit`, and one statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from lms_domain.drifts import DriftKind
from lms_domain.enrollments.events import Names
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.kernel import CourseId, Page, PageRequest
from lms_domain.schedules import Schedule
from lms_domain.upkeep.model import Drift, Refuse, Retention
from lms_domain.upkeep.views import DriftReport


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

    async def could_seat(self, after: UUID | None, limit: int, /) -> Sequence[CourseId]:
        """Courses where somebody waits although a seat is free, by what is counted; in the order of their ids."""

    async def purge(self, what: Refuse, limit: int, /, *, before: datetime) -> int: ...


class Drifts(Protocol):
    async def among(self, kind: DriftKind, sample: int, /) -> Sequence[Drift]:
        """Of so many, from somewhere at random, those that differ."""

    async def of(self, kind: DriftKind, subject_id: UUID, /) -> Drift:
        """Counted now; empty where nothing differs. Hold what is counted before, in a statement of its own."""

    async def report(self, drifts: Sequence[Drift], /, *, now: datetime) -> None:
        """For operators; what is reported already is reported once, with the newest numbers."""

    async def settle(self, kind: DriftKind, subject_id: UUID, /) -> None:
        """Nobody need be told of it any more, if anybody was."""

    async def set_counters(self, course_id: CourseId, counted: Mapping[str, int], /) -> None:
        """The caller holds the turnstile."""


class DriftLists(Protocol):
    async def page(self, kind: DriftKind | None, paging: PageRequest, /) -> Page[DriftReport]:
        """The newest first."""

    async def open(self) -> Mapping[DriftKind, int]:
        """How many there are of every kind."""


class UpkeepPorts(EnrollmentPorts, Protocol):
    @property
    def schedules(self) -> Schedules: ...
    @property
    def upkeep(self) -> Upkeep: ...
    @property
    def drifts(self) -> Drifts: ...
    @property
    def retention(self) -> Retention: ...


class UpkeepReads(Protocol):
    @property
    def drift_lists(self) -> DriftLists: ...


WARNED_BEFORE = timedelta(days=7)
INACTIVE_AFTER = timedelta(days=14)
