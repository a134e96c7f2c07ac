"""Attempts to sign in, in PostgreSQL."""

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import to_row
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.identity_tables import sign_ins
from lms_adapters.postgres.keyset import Keyset
from lms_domain.identity.devices import device_of
from lms_domain.identity.sign_ins import Outcome, SignIn
from lms_domain.identity.views import SignInLine
from lms_domain.kernel import Page, PageRequest, UserId


class PgSignIns:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def add(self, attempt: SignIn, /) -> None:
        await self._conn.execute(insert(sign_ins).values(to_row(attempt)))


# As many as anybody looks through; who is under attack has more.
_PAGE = """
    select t.total, s.id, s.outcome, s.user_agent, s.ip, s.at, s.at as key
    from (
        select count(*) as total from (select 1 from sign_ins where user_id = %(user_id)s limit 10001) counted
    ) t
    left join lateral (
        select * from sign_ins
        where user_id = %(user_id)s and (%(key)s::timestamptz is null or (at, id) < (%(key)s, %(last_id)s::uuid))
        order by at desc, id desc limit %(size)s offset %(skip)s
    ) s on true
    order by s.at desc, s.id desc
"""


class PgSignInReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, user_id: UserId, paging: PageRequest, /) -> Page[SignInLine]:
        keyset = Keyset.of(paging, "key", "sign_ins", user_id)
        rows = await fetch_all(self._conn, _PAGE, {"user_id": user_id} | keyset.parameters)
        lines = [
            SignInLine(
                id=row["id"],
                outcome=Outcome(row["outcome"]),
                device=device_of(row["user_agent"]),
                ip=row["ip"],
                at=row["at"],
            )
            for row in rows
            if row["id"] is not None
        ]
        return keyset.page_of(list(zip(rows, lines, strict=False)), rows[0]["total"])
