"""What the staff of a course read: who is on it, and which codes open it."""

from functools import cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.cursors import Moment, Number, Words
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.identity_tables import MEMBERS
from lms_adapters.postgres.keyset import Keyset
from lms_domain.enrollments.codes import EnrollmentCode
from lms_domain.enrollments.ports import RosterFilter
from lms_domain.enrollments.views import RosterLine
from lms_domain.kernel import CourseId, Page, PageRequest

# By name of the sort: the column that it goes by, and its type. The first is served from an index; the others sort
# the class, which costs the same for every page.
_SORTS: dict[str, tuple[str, str, Any]] = {
    "enrolled_at": ("e.enrolled_at", "timestamptz", Moment),
    "name": ("lower(u.full_name)", "text", Words),
    "progress": ("e.progress_percent", "int", Number),
    "last_activity": ("coalesce(e.last_activity_at, e.enrolled_at)", "timestamptz", Moment),
}
_EMAIL = "case when e.source not in ('staff', 'bulk') or e.last_activity_at is not null or b.belongs then u.email end"
_LINE = f"""
    e.id, e.id as enrollment_id, e.learner_id, u.full_name, {_EMAIL} as email, e.status, e.source, e.progress_percent,
    e.enrolled_at, e.waitlisted_at, e.expires_at, coalesce(e.expires_at <= now(), false) as expired,
    e.completed_at, e.last_activity_at, e.version
"""
# Looked up for each row: `exists` would be planned for some pages as a list of all members of the organization.
_USERS = f"""
    join users u on u.id = e.learner_id
    left join lateral (
        select true as belongs from {MEMBERS} m where m.user_id = e.learner_id
            and m.organization_id = (select organization_id from courses where id = %(course_id)s)
        limit 1
    ) b on true
"""
_SEARCH = f"(u.full_name ilike %(pattern)s or {_EMAIL} ilike %(pattern)s)"

_COUNTED = "select seats_taken + waitlisted as total from course_counters where course_id = %(course_id)s"
_CODES = f"""
    select t.total, x.* from (
        select count(*) as total from (
            select from enrollment_codes where course_id = %(course_id)s and is_active limit {COUNT_LIMIT + 1}
        ) counted
    ) t left join lateral (
        select * from enrollment_codes k where k.course_id = %(course_id)s and k.is_active
        and (cast(%(key)s as timestamptz) is null
            or (k.created_at, k.id) < (cast(%(key)s as timestamptz), cast(%(last_id)s as uuid)))
        order by k.created_at desc, k.id desc limit %(size)s offset %(skip)s
    ) x on true
"""


class PgRosters:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, course_id: CourseId, page: PageRequest, only: RosterFilter, /) -> Page[RosterLine]:
        name = only.sort.removeprefix("-")
        keyset = Keyset.of(page, "sort_key", "roster", course_id, only, kind=_SORTS[name][2])
        statement = _roster(only.sort, only.status is not None, only.search is not None, keyset.follows)
        given = {"course_id": course_id} | _filters(only)
        rows = await fetch_all(self._conn, statement, given | keyset.parameters)
        filtered = only.status is not None or only.search is not None
        counted = _count(only.status is not None, only.search is not None) if filtered else _COUNTED
        [count] = await fetch_all(self._conn, counted, given)
        return keyset.page(rows, RosterLine, count["total"], is_exact=not filtered)

    async def codes(self, course_id: CourseId, page: PageRequest, /) -> Page[EnrollmentCode]:
        keyset = Keyset.of(page, "created_at", "codes", course_id)
        given = {"course_id": course_id} | keyset.parameters
        rows = await fetch_all(self._conn, _CODES, given)
        return keyset.page([row for row in rows if row["id"] is not None], EnrollmentCode, rows[0]["total"])


def _filters(only: RosterFilter) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if only.status is not None:
        given["status"] = only.status.value
    if only.search is not None:
        given["pattern"] = "%" + only.search.translate({ord(c): f"\\{c}" for c in r"\%_"}) + "%"
    return given


def _where(*, status: bool, search: bool) -> str:
    rules = ["e.course_id = %(course_id)s"]
    rules.append("e.is_active = (%(status)s <> 'dropped') and e.status = %(status)s" if status else "e.is_active")
    if search:
        rules.append(_SEARCH)
    return " and ".join(rules)


@cache
def _roster(sort: str, status: bool, search: bool, follows: bool) -> str:  # noqa: FBT001 (a cache key)
    """Where the order does not need the users, they are looked up for the rows of the page alone."""
    name = sort.removeprefix("-")
    key, kind, _ = _SORTS[name]
    descends = sort.startswith("-")
    direction = "desc" if descends else "asc"
    users_first = search or name == "name"
    where = _where(status=status, search=search)
    if follows:
        sign = "<" if descends else ">"
        where += f" and ({key}, e.id) {sign} (cast(%(key)s as {kind}), cast(%(last_id)s as uuid))"
    cut = f"""
        select e.id, {key} as sort_key from enrollments e {_USERS if users_first else ""}
        where {where} order by {key} {direction}, e.id {direction} limit %(size)s offset %(skip)s
    """
    return f"""
        select {_LINE}, cut.sort_key from ({cut}) cut join enrollments e on e.id = cut.id {_USERS}
        order by cut.sort_key {direction}, e.id {direction}
    """


@cache
def _count(status: bool, search: bool) -> str:  # noqa: FBT001 (a cache key)
    where = _where(status=status, search=search)
    rows = f"select from enrollments e {_USERS if search else ''} where {where} limit {COUNT_LIMIT + 1}"
    return f"select count(*) as total from ({rows}) counted"
