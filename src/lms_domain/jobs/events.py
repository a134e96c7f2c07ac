"""What happens to jobs."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType
from uuid import UUID

from lms_domain.kernel import CourseId, Event, OrganizationId, UserId

JobId = NewType("JobId", UUID)


class JobKind(StrEnum):
    COURSE_EXPORT = "course_export"
    COURSE_IMPORT = "course_import"
    ENROLLMENTS = "enrollments"
    ERASURE = "erasure"
    PERSONAL_EXPORT = "personal_export"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent(Event):
    job_id: JobId

    @property
    def aggregate_id(self) -> UUID:
        return self.job_id


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsDue(JobEvent):
    """The next rows of a list are to be worked off."""

    name = "job.rows_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class MakingDue(JobEvent):
    """What takes its time outside of any transaction is to be made."""

    name = "job.making_due"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnded(JobEvent):
    name = "job.ended"
    kind: JobKind
    state: JobState
    by: UserId  # who asked for it
    organization_id: OrganizationId | None
    course_id: CourseId | None
