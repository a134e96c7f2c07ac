"""What operators see of background work."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lms_domain.queues import QueueName


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """`waiting`: not yet handed on, of which `retrying` have failed before and `held` wait for an earlier one.

    `oldest_seconds`: how long the one that is due longest has been so; 0 where none is. `done_last_minute` and
    `done_last_hour` are rates, as long as finished tasks are kept.
    """

    name: QueueName
    waiting: int
    held: int
    retrying: int
    under_way: int
    dead: int
    oldest_seconds: float
    done_last_minute: int
    done_last_hour: int
    paused_at: datetime | None
    paused_by: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Events that wait for a relay."""

    unplanned: int
    oldest_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    queues: list[QueueView]
    events: Backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadTask:
    """`event`: the name of what it should have reacted to."""

    subject_id: UUID
    reaction: str
    queue: QueueName
    event: str | None
    attempts: int
    error: str | None
    planned_at: datetime
    given_up_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    count: int
