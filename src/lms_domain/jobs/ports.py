"""What jobs ask of the outside."""

from collections.abc import Sequence
from typing import Protocol

from lms_domain.courses.ports.course_ports import CoursePorts
from lms_domain.enrollments.ports import EnrollmentPorts
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import RowResult, RowStatus
from lms_domain.identity.ports.identity_ports import IdentityPorts
from lms_domain.jobs.events import JobId
from lms_domain.jobs.model import Job
from lms_domain.jobs.views import JobFilter, JobView
from lms_domain.kernel import Page, PageRequest, Repository, UserId


class Jobs(Repository[Job], Protocol):
    async def locked(self, id: JobId, /) -> Job: ...
    async def open_of(self, user_id: UserId, /) -> int:
        """How many are not over. Whoever else asks about the same person waits for this transaction."""

    async def note(self, id: JobId, /, *, done: int, total: int, stage: str) -> bool:
        """How far it is; whether it still runs."""

    async def put_rows(self, id: JobId, rows: Sequence[RollRow], /) -> None: ...
    async def next_rows(self, id: JobId, limit: int, /, *, after: int) -> list[RollRow]: ...
    async def note_rows(self, id: JobId, results: Sequence[RowResult], /) -> None:
        """What became of them; who they were is forgotten."""

    async def forget_rows(self, id: JobId, /) -> None:
        """Who the rows name that nothing will become of."""

    async def put_piece(self, id: JobId, number: int, data: bytes, /) -> None: ...
    async def drop_pieces(self, id: JobId, /) -> None: ...


class JobPorts(CoursePorts, EnrollmentPorts, IdentityPorts, Protocol):
    @property
    def jobs(self) -> Jobs: ...


class JobLists(Protocol):
    async def one(self, id: JobId, user_id: UserId, /) -> JobView:
        """Of this person. Raises NotFound."""

    async def page(self, user_id: UserId, only: JobFilter, paging: PageRequest, /) -> Page[JobView]:
        """The newest first."""

    async def rows(self, id: JobId, status: RowStatus | None, paging: PageRequest, /) -> Page[RowResult]: ...
    async def piece(self, id: JobId, number: int, /) -> bytes | None:
        """Of what was given to the job, or of what it has made; None: that was all."""


class JobReads(Protocol):
    @property
    def job_lists(self) -> JobLists: ...
