"""The queues: what waits together, how urgent it is, how long it may take, and how often it is tried."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import NAMESPACE_URL, UUID, uuid5

from lms_domain.kernel import Event, UserId


class QueueName(StrEnum):
    DEFAULT = "default"
    EMAILS = "emails"
    NOTIFICATIONS = "notifications"
    PROGRESS = "progress"
    CERTIFICATES = "certificates"
    WEBHOOKS = "webhooks"
    JOBS = "jobs"
    ANALYTICS = "analytics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """`priority`: the lower comes first. `attempts`: how many may fail, then a task is dead."""

    priority: int
    time_limit: timedelta = timedelta(seconds=30)
    attempts: int = 10
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=15)

    def wait(self, failed: int, *, chance: float) -> timedelta:
        """After so many failures: 1, 2, 4, ... times the first wait, of which up to a half is left to `chance` (0..1).

        Without chance, all that failed together would come back together.
        """
        doubled = min(self.first_wait * (1 << min(failed - 1, 30)), self.longest_wait)
        return doubled * (0.5 + chance / 2)


QUEUES: dict[QueueName, Queue] = {
    QueueName.DEFAULT: Queue(priority=0),
    QueueName.EMAILS: Queue(priority=10, attempts=12, first_wait=timedelta(seconds=4), longest_wait=timedelta(hours=2)),
    QueueName.NOTIFICATIONS: Queue(
        priority=15, attempts=12, first_wait=timedelta(seconds=4), longest_wait=timedelta(hours=2)
    ),
    QueueName.PROGRESS: Queue(priority=20),
    QueueName.CERTIFICATES: Queue(priority=30, time_limit=timedelta(minutes=2)),
    QueueName.WEBHOOKS: Queue(priority=40),
    QueueName.JOBS: Queue(priority=45, time_limit=timedelta(minutes=15), attempts=5),
    QueueName.ANALYTICS: Queue(priority=50, time_limit=timedelta(minutes=5)),
}


URGENT = QUEUES[QueueName.NOTIFICATIONS].priority  # and all before it: what people wait for


def crews(queues: Collection[QueueName]) -> list[list[QueueName]]:
    """Which are worked on together: however many tasks of the others hang, they keep nobody from what is urgent."""
    urgent = [name for name in queues if QUEUES[name].priority <= URGENT]
    return [crew for crew in (urgent, [name for name in queues if name not in urgent]) if crew]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueEvent(Event):
    """`by`: None at the command line."""

    queue: QueueName
    by: UserId | None

    @property
    def queue_id(self) -> UUID:
        return uuid5(NAMESPACE_URL, f"lms:queue:{self.queue}")

    @property
    def aggregate_id(self) -> UUID:
        return self.queue_id


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuePaused(QueueEvent):
    name = "queue.paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueResumed(QueueEvent):
    name = "queue.resumed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadRetried(QueueEvent):
    name = "queue.dead_retried"
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadDropped(QueueEvent):
    name = "queue.dead_dropped"
    count: int
