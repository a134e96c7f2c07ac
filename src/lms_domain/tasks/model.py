"""A task: one reaction to one event, from the moment it is planned until it is done or given up."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from lms_domain.kernel import LmsError
from lms_domain.mailing import Refused
from lms_domain.queues import QUEUES, QueueName

Named = tuple[UUID, str]  # a task, by its subject and its reaction
LEASE = timedelta(seconds=60)  # what was handed on and not heard of is handed on again
GRACE = timedelta(seconds=10)  # that a lease outlives the time limit of what is under way
ERROR_LENGTH = 500


class TaskState(StrEnum):
    WAITING = "waiting"  # until it is due
    HELD = "held"  # until an earlier one of its lane is out of the way
    SENT = "sent"  # handed on, perhaps under way
    DONE = "done"
    DEAD = "dead"  # given up: waits for an operator
    DROPPED = "dropped"  # by an operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What carries it, and what a worker is told.

    `subject_id`: the event it reacts to. With the name of the reaction it is what tells a task from all others, and
    what the outside is given as an id that stays the same however often it is tried. `attempt`: how often it had failed
    when it was handed on; once it has failed again, what was handed on before is out of date. None: whenever it was.
    `is_slow`: it was set aside, so others go before it.
    """

    subject_id: UUID
    reaction: str
    queue: QueueName
    attempt: int | None = field(default=None, compare=False)
    is_slow: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedTask(Task):
    """Tasks of one lane are done one after the other by `seq`; or, where `at_once` is given, so many at a time. None is
    due before its `wait` is over.
    """

    seq: int
    lane: UUID | None = None
    at_once: int | None = None
    wait: timedelta = timedelta(0)


class Lane(NamedTuple):
    """Tasks that wait for each other. Lanes have an order, which means nothing."""

    queue: str
    reaction: str
    id: UUID


@dataclass(frozen=True, slots=True)
class Claimed:
    """`held`: how many others must wait for some of their lane. `is_all`: nobody else claims of one of the queues."""

    tasks: list[Task]
    held: int = 0
    is_all: bool = True


@dataclass(frozen=True, slots=True)
class Freed:
    """How many. `last`: the lane behind which others are to be looked at; None: there are none."""

    count: int
    last: Lane | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a task was not done. `until`: when it is tried again; None: never by itself."""

    error: str
    until: datetime | None


def failure(queue: QueueName, failed: int, error: Exception, *, now: datetime, chance: float) -> Failure:
    """`failed`: how often, this time included."""
    how = QUEUES[queue]
    is_last = failed >= how.attempts or isinstance(error, Refused)
    until = None if is_last else now + how.wait(failed, chance=chance)
    return Failure(error=told(error), until=until)


def told(error: Exception) -> str:
    """For an operator: what refuses says why; of a fault only its kind, as its text may hold what is personal."""
    text = f"{type(error).__name__}: {error}" if isinstance(error, LmsError) else type(error).__name__
    return text[:ERROR_LENGTH]
