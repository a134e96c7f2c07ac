"""What is answered about jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lms_domain.jobs.events import JobId, JobKind, JobState
from lms_domain.jobs.model import Job
from lms_domain.kernel import CourseId, OrganizationId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """`result`: of rows, how many ended how; of an import, its report; of an erasure, its receipt. `problem`: `code`,
    `message` and `details`, as a refusal has them. `file_name`: there is something at `/jobs/{id}/file`.
    """

    id: JobId
    kind: JobKind
    state: JobState
    created_by: UserId
    organization_id: OrganizationId | None
    course_id: CourseId | None
    user_id: UserId | None
    total: int | None
    done: int
    failed: int
    stage: str
    result: dict[str, Any]
    problem: dict[str, Any] | None
    file_name: str | None
    file_size: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    kind: JobKind | None = None
    state: JobState | None = None


def view_of(job: Job) -> JobView:
    return JobView(**{name: getattr(job, name) for name in JobView.__slots__})
