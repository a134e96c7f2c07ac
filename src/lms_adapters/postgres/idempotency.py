"""Answers kept for requests that may be sent again."""

import hashlib
from datetime import datetime

from sqlalchemy import Column, DateTime, Index, LargeBinary, SmallInteger, Table, Text, bindparam, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import metadata
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
        row = (
            await self._conn.execute(_BEGIN, {"lock": _lock(attempt), "scope": attempt.scope, "key": attempt.key})
        ).one()
        if row.body is not None:
            return Answer(digest=row.digest, status=row.status, body=row.body)
        if not row.mine:
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
        }
        try:
            await self._conn.execute(insert(idempotency_keys), row)
        except IntegrityError as error:
            raise InFlight from error


_lock_taken = select(func.pg_try_advisory_xact_lock(bindparam("lock")).label("mine")).subquery("l")
_BEGIN = select(
    _lock_taken.c.mine, idempotency_keys.c.digest, idempotency_keys.c.status, idempotency_keys.c.body
).select_from(
    _lock_taken.outerjoin(
        idempotency_keys,
        (idempotency_keys.c.scope == bindparam("scope")) & (idempotency_keys.c.key == bindparam("key")),
    )
)


def _lock(attempt: Attempt) -> int:
    name = f"{attempt.scope}\0{attempt.key}".encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
