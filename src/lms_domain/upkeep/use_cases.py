"""What is done by the clock. Each time is an event like any other: done once, retried, and seen by operators."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from lms_domain.drifts import DriftKind
from lms_domain.enrollments.events import AccessEnded, AccessEnding, LearnerInactive
from lms_domain.enrollments.use_cases.seating import fill_seats
from lms_domain.schedules import Schedule, ScheduleDue
from lms_domain.upkeep.model import Refuse
from lms_domain.upkeep.ports import INACTIVE_AFTER, WARNED_BEFORE, UpkeepPorts

AT_ONCE = 500  # rows in one transaction
LOOKED_THROUGH = 5000
COURSES_AT_ONCE = 20
SAMPLE = 200
KEPT_AS = {
    Refuse.CHALLENGES: "tickets",
    Refuse.PASSKEY_OPTIONS: "tickets",
    Refuse.JOB_ROWS: "jobs",
    Refuse.DIGESTS: "notifications",
}
AGAIN = UUID(int=0)  # the work of this time goes on from the beginning

Work = Callable[[UpkeepPorts, UUID | None], Awaitable[UUID | None]]


async def strike(ports: UpkeepPorts) -> int:
    """For schedulers, of which several may run: whose time has come; how many there were."""
    now = ports.clock.now()
    due = await ports.schedules.due(now=now)
    ports.emit(*(ScheduleDue(at=now, schedule=schedule) for schedule in due))
    return len(due)


async def on_schedule(ports: UpkeepPorts, event: ScheduleDue) -> None:
    """One piece of the work; what is left follows as an event of its own."""
    rest = await WORK[event.schedule](ports, event.after)
    if rest is not None:
        ports.emit(ScheduleDue(at=ports.clock.now(), schedule=event.schedule, after=rest))


async def end_access(ports: UpkeepPorts, _: UUID | None) -> UUID | None:
    now = ports.clock.now()
    ended = await ports.upkeep.access_ended(AT_ONCE, now=now)
    ending = await ports.upkeep.access_ending(AT_ONCE, now=now, until=now + WARNED_BEFORE)
    ports.emit(*(AccessEnded(at=now, expired_at=at, **names) for names, at in ended))
    ports.emit(*(AccessEnding(at=now, expires_at=at, **names) for names, at in ending))
    return AGAIN if AT_ONCE in {len(ended), len(ending)} else None


async def promote_waitlists(ports: UpkeepPorts, after: UUID | None) -> UUID | None:
    """What follows from every change of seats already; this finds what slipped through. Each course is looked at once:
    where a sum is wrong, nobody can be seated however often it is tried.
    """
    courses = await ports.upkeep.could_seat(after, COURSES_AT_ONCE)
    for course_id in courses:  # in one order, so that two never wait for each other
        taken = await ports.turnstiles.lock(course_id)
        await fill_seats(ports, course_id, seats_taken=taken.seats_taken)
    return courses[-1] if len(courses) == COURSES_AT_ONCE else None


async def remind_inactive(ports: UpkeepPorts, after: UUID | None) -> UUID | None:
    now = ports.clock.now()
    found, rest = await ports.upkeep.inactive(after, LOOKED_THROUGH, since=now - INACTIVE_AFTER)
    ports.emit(*(LearnerInactive(at=now, since=since, **names) for names, since in found))
    return rest


async def purge(ports: UpkeepPorts, _: UUID | None) -> UUID | None:
    counts = [await ports.upkeep.purge(what, AT_ONCE, before=_kept_since(ports, what)) for what in Refuse]
    return AGAIN if max(counts) >= AT_ONCE else None


def _kept_since(ports: UpkeepPorts, what: Refuse) -> datetime:
    kept: Any = ports.retention
    moment: datetime = ports.clock.now() - getattr(kept, KEPT_AS.get(what, what))
    return moment


async def check_aggregates(ports: UpkeepPorts, _: UUID | None) -> UUID | None:
    drifts = [drift for kind in DriftKind for drift in await ports.drifts.among(kind, SAMPLE)]
    await ports.drifts.report(drifts, now=ports.clock.now())
    return None


WORK: dict[Schedule, Work] = {
    Schedule.END_ACCESS: end_access,
    Schedule.PROMOTE_WAITLISTS: promote_waitlists,
    Schedule.REMIND_INACTIVE: remind_inactive,
    Schedule.PURGE: purge,
    Schedule.CHECK_AGGREGATES: check_aggregates,
}
