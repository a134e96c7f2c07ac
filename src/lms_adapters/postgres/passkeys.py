"""Passkeys in PostgreSQL. Whoever changes one holds its user."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.identity_tables import passkeys, spent_passkey_options
from lms_domain.identity.passkeys import Passkey, PasskeyId, PasskeyTaken
from lms_domain.kernel import UserId

KEPT = timedelta(hours=1)  # longer than clocks of two servers differ
AT_ONCE = 100


class PgPasskeys(PgRepository[Passkey]):
    entity = Passkey
    table = passkeys
    clashes = {"uq_passkeys_credential_id": PasskeyTaken}

    async def of(self, user_id: UserId, /) -> list[Passkey]:
        mine = select(passkeys).where(passkeys.c.user_id == user_id)
        return await self._all(mine.order_by(passkeys.c.created_at, passkeys.c.id))

    async def by_credential(self, credential_id: bytes, /) -> Passkey | None:
        found = await self._all(select(passkeys).where(passkeys.c.credential_id == credential_id))
        return found[0] if found else None

    async def used(self, passkey: Passkey, /) -> None:
        values = {
            "sign_count": passkey.sign_count,
            "is_backed_up": passkey.is_backed_up,
            "last_used_at": passkey.last_used_at,
        }
        await self._conn.execute(update(passkeys).where(passkeys.c.id == passkey.id).values(values))

    async def remove(self, id: PasskeyId, /) -> None:
        await self._conn.execute(delete(passkeys).where(passkeys.c.id == id))

    async def spend(self, options_id: UUID, /, *, until: datetime, now: datetime) -> bool:
        """A second one waits for the first to commit. Those that nobody can bring any more are cleared away."""
        spent = spent_passkey_options
        first = upsert(spent).values(id=options_id, expires_at=until).on_conflict_do_nothing().returning(spent.c.id)
        if (await self._conn.execute(first)).first() is None:
            return False
        old = select(spent.c.id).where(spent.c.expires_at < now - KEPT).limit(AT_ONCE)
        await self._conn.execute(delete(spent).where(spent.c.id.in_(old.with_for_update(skip_locked=True))))
        return True
