"""Jobs in PostgreSQL."""

from collections.abc import Mapping, Sequence

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.direct import execute, fetch_all, fetch_first, fetch_row
from lms_adapters.postgres.jobs_tables import jobs
from lms_adapters.postgres.keyset import Keyset
from lms_domain.enrollments.roll import RollRow
from lms_domain.enrollments.views import RowResult, RowStatus
from lms_domain.jobs.events import JobId
from lms_domain.jobs.model import Job
from lms_domain.jobs.views import JobFilter, JobView
from lms_domain.kernel import NotFound, Page, PageRequest, UserId

ROWS_AT_ONCE = 5000  # in one statement
# Two statements: one that has waited for a lock still counts what it saw before.
LOCK_ASKER = "select from users where id = %(user)s for no key update"
OPEN_OF = "select count(*) from jobs where created_by = %(user)s and state in ('queued', 'running')"
NOTE = """
    update jobs set done = %(done)s, total = %(total)s, stage = %(stage)s, version = version + case
        when (done, total, stage) is distinct from (%(done)s::bigint, %(total)s::bigint, %(stage)s::text) then 1
        else 0 end
    where id = %(id)s and state = 'running'
"""
PUT_ROWS = """
    insert into job_rows (job_id, number, email, user_id, expires_at, problem)
    select %(id)s, x.* from jsonb_to_recordset(%(rows)s::jsonb)
        as x (number int, email text, user_id uuid, expires_at timestamptz, problem text)
"""
NEXT_ROWS = """
    select email, user_id, expires_at, problem from job_rows
    where job_id = %(id)s and number > %(after)s order by number limit %(limit)s
"""
NOTE_ROWS = """
    update job_rows r set email = null, user_id = null, expires_at = null, problem = null, status = x.status,
        enrollment_id = x.enrollment_id, error = nullif(x.error, 'null')
    from jsonb_to_recordset(%(results)s::jsonb) as x (row int, status text, enrollment_id uuid, error jsonb)
    where r.job_id = %(id)s and r.number = x.row
"""
FORGET_ROWS = "delete from job_rows where job_id = %(id)s and status is null"
PUT_PIECE = "insert into job_pieces (job_id, number, data) values (%(id)s, %(number)s, %(data)s)"
DROP_PIECES = "delete from job_pieces where job_id = %(id)s"


class PgJobs(PgRepository[Job]):
    entity = Job
    table = jobs

    async def open_of(self, user_id: UserId, /) -> int:
        await execute(self._conn, LOCK_ASKER, {"user": user_id})
        row = await fetch_row(self._conn, OPEN_OF, {"user": user_id})
        return int(row[0]) if row else 0

    async def note(self, id: JobId, /, *, done: int, total: int, stage: str) -> bool:
        return (await execute(self._conn, NOTE, {"id": id, "done": done, "total": total, "stage": stage})).rowcount > 0

    async def put_rows(self, id: JobId, rows: Sequence[RollRow], /) -> None:
        given = [
            {
                "number": number,
                "email": row.folded_email,
                "user_id": row.user_id,
                "expires_at": row.expires_at,
                "problem": row.problem,
            }
            for number, row in enumerate(rows, 1)
        ]
        for start in range(0, len(given), ROWS_AT_ONCE):
            some = msgspec.json.encode(given[start : start + ROWS_AT_ONCE]).decode()
            await execute(self._conn, PUT_ROWS, {"id": id, "rows": some})

    async def next_rows(self, id: JobId, limit: int, /, *, after: int) -> list[RollRow]:
        rows = await fetch_all(self._conn, NEXT_ROWS, {"id": id, "after": after, "limit": limit})
        return [msgspec.convert(row, RollRow) for row in rows]

    async def note_rows(self, id: JobId, results: Sequence[RowResult], /) -> None:
        await execute(self._conn, NOTE_ROWS, {"id": id, "results": msgspec.json.encode(results).decode()})

    async def forget_rows(self, id: JobId, /) -> None:
        await execute(self._conn, FORGET_ROWS, {"id": id})

    async def put_piece(self, id: JobId, number: int, data: bytes, /) -> None:
        await execute(self._conn, PUT_PIECE, {"id": id, "number": number, "data": data})

    async def drop_pieces(self, id: JobId, /) -> None:
        await execute(self._conn, DROP_PIECES, {"id": id})


COLUMNS = ", ".join(JobView.__slots__)
ONE = f"select {COLUMNS} from jobs where id = %(id)s and created_by = %(user)s"
PAGE = """
    select t.found, j.*, j.created_at as key
    from (select count(*) as found from (select from jobs where {wanted} limit 10001) c) t
    left join lateral (
        select {columns} from jobs
        where {wanted} and (%(key)s::timestamptz is null or (created_at, id) < (%(key)s, %(last_id)s::uuid))
        order by created_at desc, id desc limit %(size)s offset %(skip)s
    ) j on true
    order by j.created_at desc, j.id desc
"""
MINE = """
    created_by = %(user)s and (%(kind)s::text is null or kind = %(kind)s)
    and (%(state)s::text is null or state = %(state)s)
"""
ROWS = """
    select number as row, status, enrollment_id, error, job_id as id, number as key from job_rows
    where job_id = %(job)s and {of_status} and (%(key)s::int is null or number > %(key)s)
    order by number limit %(size)s offset %(skip)s
"""
COUNT_ROWS = "select count(*) from (select from job_rows where job_id = %(job)s and {of_status} limit 10001) c"
PIECE = "select data from job_pieces where job_id = %(id)s and number = %(number)s"


class PgJobLists:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def one(self, id: JobId, user_id: UserId, /) -> JobView:
        row = await fetch_first(self._conn, ONE, {"id": id, "user": user_id})
        if row is None:
            raise NotFound(entity="Job", id=id)
        return msgspec.convert(row, JobView)

    async def page(self, user_id: UserId, only: JobFilter, paging: PageRequest, /) -> Page[JobView]:
        given: Mapping[str, object] = {"user": user_id, "kind": only.kind, "state": only.state}
        keyset = Keyset.of(paging, "key", "jobs", *given.values())
        statement = PAGE.format(wanted=MINE, columns=COLUMNS)
        rows = await fetch_all(self._conn, statement, {**given, **keyset.parameters})
        return keyset.page([row for row in rows if row["id"] is not None], JobView, rows[0]["found"])

    async def rows(self, id: JobId, status: RowStatus | None, paging: PageRequest, /) -> Page[RowResult]:
        keyset = Keyset.of(paging, "key", "job rows", id, status, kind=int)
        of_status = "status is not null" if status is None else "status = %(status)s"
        given = {"job": id, "status": status}
        rows = await fetch_all(self._conn, ROWS.format(of_status=of_status), given | keyset.parameters)
        count = await fetch_row(self._conn, COUNT_ROWS.format(of_status=of_status), given)
        return keyset.page(rows, RowResult, count[0] if count else 0)

    async def piece(self, id: JobId, number: int, /) -> bytes | None:
        row = await fetch_row(self._conn, PIECE, {"id": id, "number": number})
        return bytes(row[0]) if row else None
