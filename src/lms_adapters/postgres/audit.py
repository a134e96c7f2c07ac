"""The audit trail in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.audit_tables import audit_details, audit_entries
from lms_adapters.postgres.base import COUNT_LIMIT
from lms_adapters.postgres.direct import execute, fetch_all, fetch_first
from lms_adapters.postgres.keyset import Keyset
from lms_domain.audit.chain import AuditKeys, chained
from lms_domain.audit.model import AuditTrailBroken, Entry, Head, Link
from lms_domain.audit.views import AuditFilter, AuditLine, Tip
from lms_domain.identity.events import ErasureCompleted, UserErased
from lms_domain.kernel import OrganizationId, Page, PageRequest

Seq = Annotated[int, Meta(ge=1, le=(1 << 63) - 1)]
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
ENTRY, DETAILS = audit_entries.columns, audit_details.columns
COLUMNS = ", ".join(f'"{each.name}"' for each in ENTRY)
OF_DETAILS = ", ".join(f'"{each.name}"' for each in DETAILS)
TYPED = ", ".join(f'"{each.name}" {each.type.compile(DIALECT)}' for each in (*ENTRY, DETAILS.salt, DETAILS.note))
# An entry as it was before it was split; what went with a person is null.
READ = ", ".join(
    [f'e."{each.name}"' for each in ENTRY if each.name not in DETAILS or each.name == "seq"]
    + ["coalesce(d.ip, e.ip) as ip", "coalesce(d.request_id, e.request_id) as request_id"]
    + ["coalesce(d.note, '{}') as note", "d.salt"]
)
WITHOUT_DETAILS = ", ".join(
    "null" if each.name in DETAILS and each.name != "seq" else f'"{each.name}"' for each in ENTRY
)
FROM = "from audit_entries e left join audit_details d on d.seq = e.seq"

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
    ), rows as materialized (
        select * from json_to_recordset(%(rows)s::json) as x ({TYPED})
    ), details as (
        insert into audit_details ({OF_DETAILS}) select {OF_DETAILS} from rows
    )
    insert into audit_entries ({COLUMNS}) select {WITHOUT_DETAILS} from rows
"""
TIP = "select seq, hash, key_id, seal, (select count(*) from audit_entries) as rows from audit_head"
AFTER = f"select {READ} {FROM} where %(seq)s::bigint is null or e.seq > %(seq)s order by e.seq limit %(limit)s"
ERASED = "select target_id, max(seq) as seq from audit_entries where action = any(%(actions)s) group by target_id"


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
        counted = f"select count(*) as total from (select {FROM} where {rules} limit {COUNT_LIMIT + 1}) n"
        after = "and (%(key)s::bigint is null or e.seq < %(key)s)"
        page = f"select {READ} {FROM} where {rules} {after} order by e.seq desc"
        limited = f"{page} limit %(size)s offset %(skip)s"
        rows = await fetch_all(self._conn, limited, given | keyset.parameters)
        total = await fetch_all(self._conn, counted, given)
        return keyset.page_of([(row, _line(row)) for row in rows], total[0]["total"])

    async def erased(self) -> Mapping[UUID, int]:
        rows = await fetch_all(self._conn, ERASED, {"actions": [UserErased.name, ErasureCompleted.name]})
        return {row["target_id"]: row["seq"] for row in rows}

    async def tip(self) -> Tip:
        row = await fetch_first(self._conn, TIP, {})
        if row is None:
            raise AuditTrailBroken
        return Tip(head=msgspec.convert(row, Head), rows=row["rows"])

    async def after(self, seq: int | None, limit: int, /) -> list[Link]:
        return [_link(row) for row in await fetch_all(self._conn, AFTER, {"seq": seq, "limit": limit})]


ANYWHERE = """e.seq in (
    select seq from audit_details where {0} = %({0})s union all select seq from audit_entries where {0} = %({0})s
)"""
RULES: Mapping[str, str] = {
    "organization_id": "organization_id = %(organization_id)s",
    "course_id": "course_id = %(course_id)s",
    "actor_id": "actor_id = %(actor_id)s",
    "action": "action = %(action)s",
    "target_kind": "target_kind = %(target_kind)s",
    "target_id": "target_id = %(target_id)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "request_id": ANYWHERE.format("request_id"),
    "ip": ANYWHERE.format("ip"),
    "session_id": "session_id = %(session_id)s",
    "api_token_id": "api_token_id = %(api_token_id)s",
    "of_others": "actor_id is distinct from target_id",
}


def _placed(entry: Entry, organizations: Mapping[str, str]) -> Entry:
    known = organizations.get(str(entry.course_id))
    return entry if known is None else replace(entry, organization_id=OrganizationId(UUID(known)))


def _row(link: Link) -> dict[str, Any]:
    fields = {name: getattr(link.entry, name) for name in Entry.__slots__}
    binary = {"hash": link.hash, "salt": link.entry.salt or b"", "commitment": link.entry.commitment or b""}
    written = {name: f"\\x{value.hex()}" for name, value in binary.items()}
    return fields | written | {"seq": link.seq, "key_id": link.key_id}


def _link(row: dict[str, Any]) -> Link:
    return Link(seq=row["seq"], entry=msgspec.convert(row, Entry), key_id=row["key_id"], hash=row["hash"])


def _line(row: dict[str, Any]) -> AuditLine:
    told = {name: msgspec.json.decode(row[name]) for name in ("before", "after")}
    told["after"] |= msgspec.json.decode(row["note"])
    return msgspec.convert(row | told | {"hash": row["hash"].hex()}, AuditLine)
