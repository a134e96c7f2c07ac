"""What people ask of their jobs. Those of others do not exist for them."""

from lms_domain.enrollments.views import RowResult, RowStatus
from lms_domain.jobs.events import JobId
from lms_domain.jobs.ports import JobReads
from lms_domain.jobs.views import JobFilter, JobView
from lms_domain.kernel import Actor, Page, PageRequest


async def jobs(reads: JobReads, actor: Actor, only: JobFilter, paging: PageRequest) -> Page[JobView]:
    return await reads.job_lists.page(actor.id, only, paging)


async def job(reads: JobReads, actor: Actor, id: JobId) -> JobView:
    return await reads.job_lists.one(id, actor.id)


async def rows(
    reads: JobReads, actor: Actor, id: JobId, status: RowStatus | None, paging: PageRequest
) -> Page[RowResult]:
    await reads.job_lists.one(id, actor.id)
    return await reads.job_lists.rows(id, status, paging)


async def piece(reads: JobReads, id: JobId, number: int) -> bytes | None:
    """Of what was given to the job, or of what it has made; for whoever may have it. None: that was all."""
    return await reads.job_lists.piece(id, number)
