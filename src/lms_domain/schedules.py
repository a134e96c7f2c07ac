"""What is done by the clock, and how often."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from lms_domain.kernel import Event


class Schedule(StrEnum):
    END_ACCESS = "end_access"  # tell of access that has ended, and of access that soon will
    PROMOTE_WAITLISTS = "promote_waitlists"
    REMIND_INACTIVE = "remind_inactive"
    PURGE = "purge"
    CHECK_AGGREGATES = "check_aggregates"


EVERY: dict[Schedule, timedelta] = {
    Schedule.END_ACCESS: timedelta(minutes=1),
    Schedule.PROMOTE_WAITLISTS: timedelta(minutes=5),
    Schedule.REMIND_INACTIVE: timedelta(days=1),
    Schedule.PURGE: timedelta(hours=1),
    Schedule.CHECK_AGGREGATES: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleDue(Event):
    """`after`: where the work of this time goes on; None: it begins."""

    name = "schedule.due"
    schedule: Schedule
    after: UUID | None = None

    @property
    def aggregate_id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"lms:schedule:{self.schedule}")
