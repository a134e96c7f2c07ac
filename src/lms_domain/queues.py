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
    """`priority`: the lower comes first. `window`: how many may be under way; what waits, waits in the database.
    `attempts`: how many may fail, then a task is dead. `waits_outside`: its tasks spend their time waiting for servers
    of others, so nobody keeps a thread for each; and those that are known to be slow have a window of their own.
    """

    priority: int
    window: int = 200
    time_limit: timedelta = timedelta(seconds=30)
    attempts: int = 10
    first_wait: timedelta = timedelta(seconds=1)
    longest_wait: timedelta = timedelta(minutes=15)
    waits_outside: bool = False

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
    QueueName.WEBHOOKS: Queue(priority=40, window=300, waits_outside=True),
    QueueName.JOBS: Queue(priority=45, time_limit=timedelta(minutes=15), attempts=5),
    QueueName.ANALYTICS: Queue(priority=50, time_limit=timedelta(minutes=5)),
}


URGENT = QUEUES[QueueName.NOTIFICATIONS].priority  # and all before it: what people wait for


LONG = timedelta(minutes=5)  # and longer: what may keep a worker's threads for so long that others notice


def crews(queues: Collection[QueueName]) -> list[list[QueueName]]:
    """Which are worked on together: what is urgent, what takes long, what waits outside, and the rest. However many
    tasks of one crew hang, they keep nobody from those of another.
    """
    urgent = [name for name in queues if QUEUES[name].priority <= URGENT]
    long = [name for name in queues if QUEUES[name].time_limit >= LONG]
    outside = [name for name in queues if QUEUES[name].waits_outside]
    rest = [name for name in queues if name not in urgent + long + outside]
    return [crew for crew in (urgent, rest, outside, long) if crew]


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
