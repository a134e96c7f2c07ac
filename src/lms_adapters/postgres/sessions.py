"""Sign-ins in PostgreSQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.base import PgRepository
from lms_adapters.postgres.direct import fetch_all
from lms_adapters.postgres.identity_tables import api_tokens, credentials, sessions, spent_refresh_tokens
from lms_adapters.postgres.keyset import Keyset
from lms_domain.identity.devices import device_of
from lms_domain.identity.sessions import Ending, Session
from lms_domain.identity.views import Revoked, SessionLine
from lms_domain.kernel import Page, PageRequest, SessionId, UserId

MOST_AGENTS = 100


class PgSessions(PgRepository[Session]):
    entity = Session
    table = sessions

    async def by_digest(self, digest: bytes, /) -> Session | None:
        found = await self._all(select(sessions).where(sessions.c.refresh_digest == digest).with_for_update())
        return found[0] if found else None

    async def by_spent(self, digest: bytes, /) -> Session | None:
        spent = select(spent_refresh_tokens.c.session_id).where(spent_refresh_tokens.c.digest == digest)
        found = await self._all(select(sessions).where(sessions.c.id.in_(spent)).with_for_update())
        return found[0] if found else None

    async def spend(self, digest: bytes, session_id: SessionId, /) -> None:
        await self._conn.execute(insert(spent_refresh_tokens).values(digest=digest, session_id=session_id))

    async def user_agents_before(self, session: Session, /) -> list[str]:
        """By admins who stood in are not the user's."""
        own = sessions.c.user_id == session.user_id, sessions.c.acting_admin_id.is_(None)
        query = select(sessions.c.user_agent).where(*own, sessions.c.created_at < session.created_at)
        return list((await self._conn.execute(query.distinct().limit(MOST_AGENTS))).scalars())

    async def end_all(
        self, user_id: UserId, because: Ending, /, *, but: SessionId | None, now: datetime
    ) -> list[SessionId]:
        return await self._end(because, *_alive(user_id, now), sessions.c.id.is_distinct_from(but), now=now)

    async def end_oldest(self, user_id: UserId, /, *, keep: int, now: datetime) -> list[SessionId]:
        own = *_alive(user_id, now), sessions.c.acting_admin_id.is_(None)
        newest_first = sessions.c.last_used_at.desc(), sessions.c.id.desc()
        too_many = select(sessions.c.id).where(*own).order_by(*newest_first).offset(keep)
        return await self._end(Ending.TOO_MANY, sessions.c.id.in_(too_many), now=now)

    async def _end(self, because: Ending, *which: ColumnElement[bool], now: datetime) -> list[SessionId]:
        values = {"revoked_at": now, "ended_because": because, "version": sessions.c.version + 1}
        ended = update(sessions).where(*which).values(values).returning(sessions.c.id)
        return list((await self._conn.execute(ended)).scalars())


def _alive(user_id: UserId, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return sessions.c.user_id == user_id, sessions.c.revoked_at.is_(None), sessions.c.expires_at > now


_PAGE = """
    select t.total, s.id, s.user_agent, s.ip, s.created_at, s.last_used_at, s.expires_at,
        s.acting_admin_id, s.last_used_at as key
    from (
        select count(*) as total from sessions
        where user_id = %(user_id)s and revoked_at is null and expires_at > now()
    ) t
    left join lateral (
        select * from sessions
        where user_id = %(user_id)s and revoked_at is null and expires_at > now()
            and (%(key)s::timestamptz is null or (last_used_at, id) < (%(key)s, %(last_id)s::uuid))
        order by last_used_at desc, id desc limit %(size)s offset %(skip)s
    ) s on true
    order by s.last_used_at desc, s.id desc
"""


class PgSessionReads:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def page(self, user_id: UserId, paging: PageRequest, /, *, current: SessionId | None) -> Page[SessionLine]:
        keyset = Keyset.of(paging, "key", "sessions", user_id)
        rows = await fetch_all(self._conn, _PAGE, {"user_id": user_id} | keyset.parameters)
        lines = [
            SessionLine(
                id=row["id"],
                device=device_of(row["user_agent"]),
                ip=row["ip"],
                created_at=row["created_at"],
                last_used_at=row["last_used_at"],
                expires_at=row["expires_at"],
                current=row["id"] == current,
                by_admin=row["acting_admin_id"] is not None,
            )
            for row in rows
            if row["id"] is not None
        ]
        return keyset.page_of(list(zip(rows, lines, strict=False)), rows[0]["total"])

    async def revoked_since(self, moment: datetime, /) -> Revoked:
        ended = select(sessions.c.id).where(sessions.c.revoked_at >= moment)
        revoked = select(api_tokens.c.id).where(api_tokens.c.revoked_at >= moment)
        outdated = select(credentials.c.user_id, credentials.c.auth_version).where(credentials.c.outdated_at >= moment)
        return Revoked(
            sessions=list((await self._conn.execute(ended.union_all(revoked))).scalars()),
            versions={row[0]: row[1] for row in await self._conn.execute(outdated)},
        )
