"""A job, from the request that asks for it to its end."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lms_domain.jobs.events import JobEnded, JobId, JobKind, JobState
from lms_domain.kernel import Conflict, CourseId, Event, LmsError, NotFound, OrganizationId, Problem, TooMany, UserId

MOST_OPEN = 10  # jobs of one person that are not over
GIVEN_UP = "given_up"


@dataclass(slots=True, kw_only=True)
class Job:
    """`done` of `total` in the units of its `stage`: rows, bytes, files; `failed` are among those done.

    `file_name`: of what it has made; None: there is nothing to be fetched, or not any more.
    """

    id: JobId
    kind: JobKind
    created_by: UserId
    organization_id: OrganizationId | None = None
    course_id: CourseId | None = None
    user_id: UserId | None = None  # whom it is about
    state: JobState = JobState.QUEUED
    total: int | None = None
    done: int = 0
    failed: int = 0
    stage: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    problem: dict[str, Any] | None = None
    file_name: str | None = None
    file_size: int = 0
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    @property
    def was_given_up(self) -> bool:
        return self.problem is not None and self.problem["code"] == GIVEN_UP

    def begin(self, *, now: datetime) -> bool:
        """Whether there is something to do. What was given up begins anew when an operator has it tried again."""
        if self.state.is_end and not self.was_given_up:
            return False
        self.state, self.problem, self.ended_at = JobState.RUNNING, None, None
        self.started_at = self.started_at or now
        return True

    def count(self, statuses: Counter[str], *, failed: int) -> None:
        """Rows that are done, by what became of them."""
        self.done += statuses.total()
        self.failed += failed
        self.result = {name: self.result.get(name, 0) + count for name, count in statuses.items()} | {
            name: count for name, count in self.result.items() if name not in statuses
        }

    def succeed(self, result: Mapping[str, Any], *, now: datetime) -> Event:
        self.result = {**self.result, **result}
        self.stage = ""
        return self._end(JobState.SUCCEEDED, now)

    def refuse(self, error: LmsError, *, now: datetime) -> Event:
        """It could not be done, and trying again would change nothing."""
        self.problem = {"code": error.code, "message": str(error), "details": _plain(error.details)}
        return self._end(JobState.FAILED, now)

    def give_up(self, *, now: datetime) -> Event:
        self.problem = {
            "code": GIVEN_UP,
            "message": "This failed again and again; the operators see why.",
            "details": {},
        }
        return self._end(JobState.FAILED, now)

    def cancel(self, *, now: datetime) -> Event:
        if self.state.is_end:
            raise JobIsOver(state=self.state)
        return self._end(JobState.CANCELLED, now)

    def _end(self, state: JobState, now: datetime) -> Event:
        self.state, self.ended_at = state, now
        return JobEnded(
            at=now,
            job_id=self.id,
            kind=self.kind,
            state=state,
            by=self.created_by,
            organization_id=self.organization_id,
            course_id=self.course_id,
        )


def _plain(value: Any) -> Any:
    """As it is kept: of what JSON knows."""
    match value:
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case Problem():
            return {"field": value.field, "rule": value.rule}
        case None | bool() | int() | float():
            return value
    return str(value)


class JobIsOver(Conflict):
    message = "This job is over already."


class NothingToFetch(NotFound):
    message = "This job has no file: it has made none, is not over yet, or its file was kept long enough."


class TooManyJobs(TooMany):
    message = "So many jobs of yours are under way already; wait for one of them to end, or cancel it."
