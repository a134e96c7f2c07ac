"""The audit trail in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.audit_tables import audit_entries
from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.direct import execute, fetch_all, fetch_first
from lms_adapters.postgres.keyset import Keyset
from lms_domain.audit.chain import AuditKeys, chained
from lms_domain.audit.model import AuditTrailBroken, Entry, Head, Link
from lms_domain.audit.views import AuditFilter, AuditLine, Tip
from lms_domain.kernel import OrganizationId, Page, PageRequest

Seq = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
NAMES = tuple(column.name for column in audit_entries.columns)
COLUMNS = ", ".join(f'"{name}"' for name in NAMES)
TYPED = ", ".join(f'"{column.name}" {column.type.compile(DIALECT)}' for column in audit_entries.columns)

# The lock and the head in one statement: after the wait PostgreSQL reads the row anew. So that nobody has to be
# asked later whose a course is, that comes along.
LOCK = """
    select h.seq, h.hash, h.key_id, h.seal, (
        select coalesce(json_object_agg(id, organization_id), '{}') from courses where id = any(%(courses)s)
    ) as organizations
    from audit_head h for update of h
"""
APPEND = f"""
    with told as (
        update audit_head set seq = %(seq)s, hash = %(hash)s, key_id = %(key_id)s, seal = %(seal)s
    )
    insert into audit_entries ({COLUMNS})
    select {COLUMNS} from json_to_recordset(%(rows)s::json) as x ({TYPED})
"""
TIP = "select seq, hash, key_id, seal, (select count(*) from audit_entries) as rows from audit_head"
AFTER = f"""
    select {COLUMNS} from audit_entries
    where %(seq)s::bigint is null or seq > %(seq)s order by seq limit %(limit)s
"""


class PgAudit:
    def __init__(self, conn: AsyncConnection, keys: AuditKeys) -> None:
        self._conn, self._keys = conn, keys

    async def append(self, entries: Sequence[Entry]) -> None:
        if not entries:
            return
        courses = list({entry.course_id for entry in entries if entry.course_id})
        row = await fetch_first(self._conn, LOCK, {"courses": courses})
        if row is None:
            raise AuditTrailBroken
        placed = [_placed(entry, row["organizations"]) for entry in entries]
        links, head = chained(self._keys, msgspec.convert(row, Head), placed)
        given = {"seq": head.seq, "hash": head.hash, "key_id": head.key_id, "seal": head.seal}
        await execute(
            self._conn, APPEND, given | {"rows": msgspec.json.encode([_row(each) for each in links]).decode()}
        )


class PgAuditTrail:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, wanted: AuditFilter, paging: PageRequest, /) -> Page[AuditLine]:
        keyset = Keyset.of(paging, "seq", "audit", wanted, kind=Seq)
        given = {name: getattr(wanted, name) for name in RULES}
        rules = " and ".join(["true", *(RULES[name] for name, value in given.items() if value is not None)])
        counted = f"select count(*) as total from (select from audit_entries where {rules} limit {COUNT_LIMIT + 1}) n"
        after = "and (%(key)s::bigint is null or seq < %(key)s)"
        page = f"select {COLUMNS} from audit_entries where {rules} {after} order by seq desc"
        limited = f"{page} limit %(size)s offset %(skip)s"
        rows = await fetch_all(self._conn, limited, given | keyset.parameters)
        total = await fetch_all(self._conn, counted, given)
        return keyset.page_of([(row, _line(row)) for row in rows], total[0]["total"])

    async def tip(self) -> Tip:
        row = await fetch_first(self._conn, TIP, {})
        if row is None:
            raise AuditTrailBroken
        return Tip(head=msgspec.convert(row, Head), rows=row["rows"])

    async def after(self, seq: int | None, limit: int, /) -> list[Link]:
        return [_link(row) for row in await fetch_all(self._conn, AFTER, {"seq": seq, "limit": limit})]


RULES: Mapping[str, str] = {
    "organization_id": "organization_id = %(organization_id)s",
    "course_id": "course_id = %(course_id)s",
    "actor_id": "actor_id = %(actor_id)s",
    "action": "action = %(action)s",
    "target_kind": "target_kind = %(target_kind)s",
    "target_id": "target_id = %(target_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "request_id": "request_id = %(request_id)s",
    "ip": "ip = %(ip)s",
    "session_id": "session_id = %(session_id)s",
    "api_token_id": "api_token_id = %(api_token_id)s",
}


def _placed(entry: Entry, organizations: Mapping[str, str]) -> Entry:
    known = organizations.get(str(entry.course_id))
    return entry if known is None else replace(entry, organization_id=OrganizationId(UUID(known)))


def _row(link: Link) -> dict[str, Any]:
    fields = {name: getattr(link.entry, name) for name in Entry.__slots__}
    return fields | {"seq": link.seq, "key_id": link.key_id, "hash": f"\\x{link.hash.hex()}"}


def _link(row: dict[str, Any]) -> Link:
    return Link(seq=row["seq"], entry=msgspec.convert(row, Entry), key_id=row["key_id"], hash=row["hash"])


def _line(row: dict[str, Any]) -> AuditLine:
    told = {name: msgspec.json.decode(row[name]) for name in ("before", "after")}
    return msgspec.convert(row | told | {"hash": row["hash"].hex()}, AuditLine)
