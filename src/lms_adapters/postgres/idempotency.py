"""Answers kept for requests that may be sent again."""

import hashlib
from datetime import datetime

from sqlalchemy import ARRAY, Column, DateTime, Index, LargeBinary, SmallInteger, Table, Text, Uuid
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import metadata
from lms_adapters.postgres.direct import execute, fetch_row
from lms_domain.idempotency import Answer, Attempt, InFlight

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("people", ARRAY(Uuid), nullable=False, server_default="{}"),
    Index(None, "created_at"),
)


class PgAnswers:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def begin(self, attempt: Attempt, /) -> Answer | None:
        """One statement: take the key's lock, and read what is stored.

        An answer committed between this snapshot and the lock is not seen here; `keep` then meets the
        primary key and the whole attempt is undone, so the effect is still there once.
        """
        given = {"lock": _lock(attempt), "scope": attempt.scope, "key": attempt.key}
        mine, digest, status, body = await fetch_row(self._conn, _BEGIN, given) or (False, b"", 0, None)
        if body is not None:
            return Answer(digest=digest, status=status, body=body)
        if not mine:
            raise InFlight
        return None

    async def keep(self, attempt: Attempt, answer: Answer, /, *, now: datetime) -> None:
        row = {
            "scope": attempt.scope,
            "key": attempt.key,
            "digest": answer.digest,
            "status": answer.status,
            "body": answer.body,
            "created_at": now,
            "people": list(answer.people),
        }
        if (await execute(self._conn, _KEEP, row)).rowcount == 0:
            raise InFlight


_BEGIN = """
    select l.mine, k.digest, k.status, k.body
    from (select pg_try_advisory_xact_lock(%(lock)s::bigint) as mine) l
    left join idempotency_keys k on k.scope = %(scope)s and k.key = %(key)s
"""
_KEEP = """
    insert into idempotency_keys (scope, key, digest, status, body, created_at, people)
    values (%(scope)s, %(key)s, %(digest)s, %(status)s, %(body)s, %(created_at)s, %(people)s)
    on conflict do nothing
"""


def _lock(attempt: Attempt) -> int:
    name = f"{attempt.scope}\0{attempt.key}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
