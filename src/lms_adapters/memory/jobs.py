"""Jobs in memory."""

from collections.abc import Sequence

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import RowResult
from lms_domain.jobs.events import JobId, JobState
from lms_domain.jobs.model import Job
from lms_domain.kernel import UserId


class MemoryJobs(MemoryRepository[Job]):
    entity = Job

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._lists: dict[JobId, dict[int, RollRow | RowResult]] = store.setdefault("job_rows", {})
        self._pieces: dict[tuple[JobId, int], bytes] = store.setdefault("job_pieces", {})

    async def open_of(self, user_id: UserId, /) -> int:
        return sum(job.created_by == user_id and not job.state.is_end for job in self._rows.values())

    async def note(self, id: JobId, /, *, done: int, total: int, stage: str) -> bool:
        job = self._rows[id]
        if job.state is JobState.RUNNING:
            job.version += (job.done, job.total, job.stage) != (done, total, stage)
            job.done, job.total, job.stage = done, total, stage
        return job.state is JobState.RUNNING

    async def put_rows(self, id: JobId, rows: Sequence[RollRow], /) -> None:
        self._lists[id] = dict(enumerate(rows, 1))

    async def next_rows(self, id: JobId, limit: int, /, *, after: int) -> list[RollRow]:
        rows = [row for number, row in self._lists[id].items() if number > after and isinstance(row, RollRow)]
        return rows[:limit]

    async def note_rows(self, id: JobId, results: Sequence[RowResult], /) -> None:
        self._lists[id] |= {result.row: result for result in results}

    async def forget_rows(self, id: JobId, /) -> None:
        self._lists[id] = {number: row for number, row in self._lists[id].items() if isinstance(row, RowResult)}

    async def put_piece(self, id: JobId, number: int, data: bytes, /) -> None:
        self._pieces[id, number] = data

    async def drop_pieces(self, id: JobId, /) -> None:
        for each in [each for each in self._pieces if each[0] == id]:
            del self._pieces[each]
