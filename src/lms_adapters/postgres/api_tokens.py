"""Personal API tokens in PostgreSQL."""

from datetime import datetime

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.direct import fetch_all, fetch_first
from lms_adapters.postgres.identity_tables import api_tokens
from lms_adapters.postgres.keyset import Keyset
from lms_domain.identity.api_tokens import ApiToken, ApiTokenId
from lms_domain.identity.views import ApiTokenLine, KnownApiToken
from lms_domain.kernel import Page, PageRequest, UserId

_USE = """
    with used as (
        update api_tokens set last_used_at = %(now)s
        where digest = %(digest)s and revoked_at is null and expires_at > %(now)s
        returning id, user_id, scopes, networks, expires_at
    )
    select used.*, u.roles, c.auth_version
    from used join users u on u.id = used.user_id and u.is_active join credentials c on c.user_id = u.id
"""
_PAGE = """
    select t.total, a.*, a.created_at as key
    from (
        select count(*) as total from api_tokens
        where user_id = %(user_id)s and revoked_at is null and expires_at > now()
    ) t
    left join lateral (
        select id, user_id, name, prefix, scopes, networks, created_at, expires_at, last_used_at from api_tokens
        where user_id = %(user_id)s and revoked_at is null and expires_at > now()
            and (%(key)s::timestamptz is null or (created_at, id) < (%(key)s, %(last_id)s::uuid))
        order by created_at desc, id desc limit %(size)s offset %(skip)s
    ) a on true
    order by a.created_at desc, a.id desc
"""


class PgApiTokens(PgRepository[ApiToken]):
    entity = ApiToken
    table = api_tokens

    async def count(self, user_id: UserId, /, *, now: datetime) -> int:
        good = api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None), api_tokens.c.expires_at > now
        return int((await self._conn.execute(select(func.count()).where(*good))).scalar_one())

    async def revoke_all(self, user_id: UserId, /, *, now: datetime) -> list[ApiTokenId]:
        good = api_tokens.c.user_id == user_id, api_tokens.c.revoked_at.is_(None), api_tokens.c.expires_at > now
        values = {"revoked_at": now, "version": api_tokens.c.version + 1}
        revoked = update(api_tokens).where(*good).values(values).returning(api_tokens.c.id)
        return list((await self._conn.execute(revoked)).scalars())

    async def use(self, digest: bytes, /, *, now: datetime) -> KnownApiToken | None:
        row = await fetch_first(self._conn, _USE, {"digest": digest, "now": now})
        return None if row is None else msgspec.convert(row, KnownApiToken)


class PgApiTokenReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, user_id: UserId, paging: PageRequest, /) -> Page[ApiTokenLine]:
        keyset = Keyset.of(paging, "key", "api_tokens", user_id)
        rows = await fetch_all(self._conn, _PAGE, {"user_id": user_id} | keyset.parameters)
        found = [row for row in rows if row["id"] is not None]
        return keyset.page(found, ApiTokenLine, rows[0]["total"])
