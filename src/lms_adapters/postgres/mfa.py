"""Second factors in PostgreSQL. Whoever changes one holds its user."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository, from_row, to_row
from lms_adapters.postgres.identity_tables import mfa_challenges, passkeys, recovery_codes, totps
from lms_domain.identity.mfa import Challenge, Totp
from lms_domain.identity.views import Method, MfaState
from lms_domain.kernel import UserId


def has_second_factor(user_id: UserId | ColumnElement[UUID]) -> ColumnElement[bool]:
    has_app = exists().where(totps.c.user_id == user_id, totps.c.confirmed_at.is_not(None))
    return has_app | exists().where(passkeys.c.user_id == user_id)


class PgChallenges(PgRepository[Challenge]):
    entity = Challenge
    table = mfa_challenges

    async def void(self, user_id: UserId, /, *, now: datetime) -> None:
        mine = mfa_challenges.c.user_id == user_id, mfa_challenges.c.used_at.is_(None)
        values = {"used_at": now, "version": mfa_challenges.c.version + 1}
        await self._conn.execute(update(mfa_challenges).where(*mine).values(values))


class PgSecondFactors:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def is_on(self, user_id: UserId, /) -> bool:
        return bool((await self._conn.execute(select(has_second_factor(user_id)))).scalar_one())

    async def methods(self, user_id: UserId, /) -> list[Method]:
        codes = recovery_codes.c
        has: dict[Method, ColumnElement[bool]] = {
            "totp": exists().where(totps.c.user_id == user_id, totps.c.confirmed_at.is_not(None)),
            "passkey": exists().where(passkeys.c.user_id == user_id),
            "recovery_code": exists().where(codes.user_id == user_id, codes.used_at.is_(None)),
        }
        row = (await self._conn.execute(select(*has.values()))).one()
        return [method for method, is_there in zip(has, row, strict=True) if is_there]

    async def totp(self, user_id: UserId, /) -> Totp | None:
        row = (await self._conn.execute(select(totps).where(totps.c.user_id == user_id))).first()
        return None if row is None else from_row(row, Totp)

    async def put_totp(self, totp: Totp, /) -> None:
        row = to_row(totp)
        await self._conn.execute(upsert(totps).values(row).on_conflict_do_update(index_elements=["user_id"], set_=row))

    async def replace_recovery_codes(self, user_id: UserId, digests: Sequence[bytes], /) -> None:
        await self._conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        await self._conn.execute(insert(recovery_codes), [{"user_id": user_id, "digest": each} for each in digests])

    async def use_recovery_code(self, user_id: UserId, digest: bytes, /, *, now: datetime) -> bool:
        codes = recovery_codes.c
        mine = codes.user_id == user_id, codes.digest == digest, codes.used_at.is_(None)
        return (await self._conn.execute(update(recovery_codes).where(*mine).values(used_at=now))).rowcount == 1

    async def remove_totp(self, user_id: UserId, /) -> bool:
        gone = delete(totps).where(totps.c.user_id == user_id).returning(totps.c.confirmed_at)
        return (await self._conn.execute(gone)).scalar() is not None

    async def remove(self, user_id: UserId, /) -> bool:
        await self._conn.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        gone = delete(passkeys).where(passkeys.c.user_id == user_id)
        had_passkeys = (await self._conn.execute(gone)).rowcount > 0
        return await self.remove_totp(user_id) or had_passkeys

    async def state(self, user_id: UserId, /) -> MfaState:
        left = select(func.count()).select_from(recovery_codes)
        mine = left.where(recovery_codes.c.user_id == user_id, recovery_codes.c.used_at.is_(None)).scalar_subquery()
        since = select(totps.c.confirmed_at).where(totps.c.user_id == user_id).scalar_subquery()
        keys = select(func.count()).where(passkeys.c.user_id == user_id).scalar_subquery()
        query = select(since.label("since"), mine.label("left"), keys.label("keys"))
        row = (await self._conn.execute(query)).one()
        return MfaState(
            totp=row.since is not None, totp_since=row.since, passkeys=row.keys, recovery_codes_left=row.left
        )
