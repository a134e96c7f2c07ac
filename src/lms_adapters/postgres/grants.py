"""What the application's own role may do: all it needs, without migrating and without changing the audit trail."""

from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.connections import create_engine
from lms_adapters.postgres.direct import driver

TABLES = "all tables in schema public"
GRANTS = (
    "revoke create on schema public from public, {role}",
    "grant usage on schema public to {role}",
    f"revoke all on {TABLES} from {{role}}",
    f"grant select, insert, update, delete on {TABLES} to {{role}}",
    "grant usage on all sequences in schema public to {role}",
    "revoke all on alembic_version, audit_entries, audit_details, audit_head from {role}",
    "grant select on alembic_version to {role}",
    "grant select, insert on audit_entries to {role}",
    "grant select, insert, delete on audit_details to {role}",
    "grant select, update on audit_head to {role}",
)
EXISTS = "select from pg_roles where rolname = :role"
# Of the role itself, and of every role that it can become.
POWERS = """
    select bool_or(m.rolsuper) as is_super, bool_or(c.relowner is not null) as owns
    from pg_roles r
    join pg_roles m on pg_has_role(r.oid, m.oid, 'MEMBER')
    left join pg_class c on c.relowner = m.oid and c.oid = 'audit_entries'::regclass
    where r.rolname = :role
    group by r.oid
"""


class UnfitRole(Exception):
    """The message says why."""


async def grant(url: str, role: str) -> None:
    """Raises UnfitRole."""
    engine = create_engine(url)
    try:
        async with engine.begin() as conn:
            await _grant(conn, role)
    finally:
        await engine.dispose()


async def grant_to_own(url: str, role: str) -> str:
    """To a role that is made when there is none, without a password. The URL with which it connects."""
    engine = create_engine(url)
    try:
        async with engine.begin() as conn:
            if (await conn.execute(text(EXISTS), {"role": role})).first() is None:
                await _execute(conn, "create role {role} login", role)
            await _grant(conn, role)
    finally:
        await engine.dispose()
    return engine.url.set(username=role).render_as_string(hide_password=False)


async def _grant(conn: AsyncConnection, role: str) -> None:
    await _must_be_fit(conn, role)
    for statement in GRANTS:
        await _execute(conn, statement, role)


async def _execute(conn: AsyncConnection, statement: str, role: str) -> None:
    await driver(conn).execute(sql.SQL(statement).format(role=sql.Identifier(role)))


async def _must_be_fit(conn: AsyncConnection, role: str) -> None:
    powers = (await conn.execute(text(POWERS), {"role": role})).first()
    if powers is None:
        raise UnfitRole(f"There is no role {role}: create role {role} login password '...'")
    if powers.is_super or powers.owns:
        why = "is a superuser" if powers.is_super else "owns the tables"
        raise UnfitRole(f"{role} {why}, or can become a role that is so: it could change the audit trail all the same.")
