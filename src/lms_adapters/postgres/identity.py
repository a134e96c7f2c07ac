"""Accounts in PostgreSQL."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from lms_adapters.postgres.api_tokens import PgApiTokenReads
from lms_adapters.postgres.base import COUNT_LIMIT, PgRepository, bounded_count, from_row, to_row
from lms_adapters.postgres.cursors import Cursors
from lms_adapters.postgres.identity_tables import credentials, mfa_challenges, tickets, users
from lms_adapters.postgres.mfa import PgSecondFactors, has_second_factor
from lms_adapters.postgres.passkeys import PgPasskeys
from lms_adapters.postgres.sessions import PgSessionReads
from lms_adapters.postgres.sign_ins import PgSignInReads
from lms_domain.identity.errors import EmailTaken
from lms_domain.identity.mfa import ChallengeId
from lms_domain.identity.model import Credential, Role, User
from lms_domain.identity.tickets import TicketId
from lms_domain.identity.views import (
    ApiTokenLine,
    KnownCredential,
    MfaState,
    PasskeyLine,
    Revoked,
    SessionLine,
    SignInLine,
    UserFilter,
)
from lms_domain.kernel import NotFound, Page, PageRequest, Secret, SessionId, UserId

ADMINS = 0x61646D69  # the advisory lock under which the last admin is counted


class PgUsers(PgRepository[User]):
    entity = User
    table = users
    clashes = {"uq_users_email": EmailTaken}

    async def by_email(self, email: str, /) -> User | None:
        found = await self._all(select(users).where(users.c.email == email).with_for_update(key_share=True))
        return found[0] if found else None

    async def id_of(self, email: str, otherwise: UserId, /) -> UserId:
        found = select(users.c.id).where(users.c.email == email).scalar_subquery()
        return UserId((await self._conn.execute(select(func.coalesce(found, otherwise)))).scalar_one())

    async def signed_in(self, user_id: UserId, now: datetime, /) -> None:
        await self._conn.execute(update(users).where(users.c.id == user_id).values(last_login_at=now))

    async def other_admins(self, user_id: UserId, /) -> int:
        await self._conn.execute(select(func.pg_advisory_xact_lock(ADMINS)))
        admins = users.c.is_active, users.c.roles.contains([Role.ADMIN]), users.c.id != user_id
        was_opened = users.c.email_verified_at.is_not(None) | users.c.last_login_at.is_not(None)
        return int((await self._conn.execute(select(func.count()).where(*admins, was_opened))).scalar_one())


class PgCredentials:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def add(self, credential: Credential, /) -> None:
        await self._conn.execute(insert(credentials).values(to_row(credential)))

    async def set(self, user_id: UserId, password_hash: Secret, /, *, now: datetime) -> None:
        mine = update(credentials).where(credentials.c.user_id == user_id)
        await self._conn.execute(mine.values(password_hash=password_hash.reveal(), changed_at=now))

    async def replace(self, user_id: UserId, known: Secret, new: Secret, /, *, now: datetime | None) -> bool:
        same = credentials.c.user_id == user_id, credentials.c.password_hash == known.reveal()
        values = {"password_hash": new.reveal()} | ({} if now is None else {"changed_at": now})
        return (await self._conn.execute(update(credentials).where(*same).values(values))).rowcount == 1

    async def auth_version(self, user_id: UserId, /) -> int:
        query = select(credentials.c.auth_version).where(credentials.c.user_id == user_id)
        return int((await self._conn.execute(query)).scalar_one())

    async def known(self, user_id: UserId, /) -> KnownCredential | None:
        return await _known(self._conn, users.c.id == user_id)

    async def outdate(self, user_id: UserId, /, *, now: datetime) -> int:
        raised = update(credentials).where(credentials.c.user_id == user_id)
        values = {"auth_version": credentials.c.auth_version + 1, "outdated_at": now}
        return int((await self._conn.execute(raised.values(values).returning(credentials.c.auth_version))).scalar_one())


class PgAccounts:
    def __init__(self, conn: AsyncConnection) -> None:
        self._conn = conn

    async def of(self, user_id: UserId, /) -> User:
        row = (await self._conn.execute(select(users).where(users.c.id == user_id))).first()
        if row is None:
            raise NotFound(entity="User", id=user_id)
        return from_row(row, User)

    async def credential(self, email: str, /) -> KnownCredential | None:
        return await _known(self._conn, users.c.email == email)

    async def credential_of(self, user_id: UserId, /) -> KnownCredential | None:
        return await _known(self._conn, users.c.id == user_id)

    async def challenged(self, challenge_id: ChallengeId, /) -> UserId | None:
        query = select(mfa_challenges.c.user_id).where(mfa_challenges.c.id == challenge_id)
        return (await self._conn.execute(query)).scalar()

    async def mfa(self, user_id: UserId, /) -> MfaState:
        return await PgSecondFactors(self._conn).state(user_id)

    async def passkeys(self, user_id: UserId, /) -> list[PasskeyLine]:
        return [PasskeyLine.of(each) for each in await PgPasskeys(self._conn).of(user_id)]

    async def passkey_owner(self, credential_id: bytes, /) -> UserId | None:
        found = await PgPasskeys(self._conn).by_credential(credential_id)
        return found.user_id if found else None

    async def ticket_holder(self, ticket_id: TicketId, /) -> User | None:
        query = select(users).join(tickets, tickets.c.user_id == users.c.id).where(tickets.c.id == ticket_id)
        row = (await self._conn.execute(query)).first()
        return None if row is None else from_row(row, User)

    async def any(self) -> bool:
        return (await self._conn.execute(select(users.c.id).limit(1))).first() is not None

    async def first_admin(self) -> User | None:
        admins = users.c.is_active & users.c.roles.contains([Role.ADMIN])
        row = (await self._conn.execute(select(users).where(admins).order_by(users.c.created_at).limit(1))).first()
        return None if row is None else from_row(row, User)

    async def by_email(self, email: str, /) -> User | None:
        row = (await self._conn.execute(select(users).where(users.c.email == email))).first()
        return None if row is None else from_row(row, User)

    async def sessions(
        self, user_id: UserId, paging: PageRequest, /, *, current: SessionId | None
    ) -> Page[SessionLine]:
        return await PgSessionReads(self._conn).page(user_id, paging, current=current)

    async def api_tokens(self, user_id: UserId, paging: PageRequest, /) -> Page[ApiTokenLine]:
        return await PgApiTokenReads(self._conn).page(user_id, paging)

    async def sign_ins(self, user_id: UserId, paging: PageRequest, /) -> Page[SignInLine]:
        return await PgSignInReads(self._conn).page(user_id, paging)

    async def revoked_since(self, moment: datetime, /) -> Revoked:
        return await PgSessionReads(self._conn).revoked_since(moment)

    async def page(self, wanted: UserFilter, paging: PageRequest, /) -> Page[User]:
        """Ids sort by the time they were made in: newest first, straight from the primary key."""
        cursors = Cursors("users", wanted, kinds=())
        after = cursors.read(paging)
        query = select(users).select_from(users).where(*_rules(wanted))  # a count keeps only a table that is named
        total = int((await self._conn.execute(select(bounded_count(query)))).scalar_one())
        cut = query.where(users.c.id < after[-1]) if after else query.offset(paging.offset)
        rows = (await self._conn.execute(cut.order_by(users.c.id.desc()).limit(paging.page_size + 1))).all()
        items = [from_row(row, User) for row in rows[: paging.page_size]]
        return Page(
            items=items,
            total=min(total, COUNT_LIMIT),
            page=paging.page,
            page_size=paging.page_size,
            next_cursor=cursors.write((), items[-1].id) if len(rows) > paging.page_size else None,
            total_is_exact=total <= COUNT_LIMIT,
        )


async def _known(conn: AsyncConnection, which: ColumnElement[bool]) -> KnownCredential | None:
    proof = credentials.c
    shown = proof.user_id, proof.password_hash, proof.changed_at, proof.auth_version, users.c.email, users.c.full_name
    query = select(*shown, has_second_factor(users.c.id).label("has_mfa")).join(users, users.c.id == proof.user_id)
    row = (await conn.execute(query.where(which, users.c.is_active))).first()
    return None if row is None else from_row(row, KnownCredential)


def _rules(wanted: UserFilter) -> list[ColumnElement[bool]]:
    rules: list[ColumnElement[bool]] = []
    if wanted.search:
        text = f"%{_literally(wanted.search)}%"
        rules.append(users.c.email.ilike(text, escape="\\") | users.c.full_name.ilike(text, escape="\\"))
    if wanted.role is not None:
        rules.append(users.c.roles.contains([wanted.role]))
    if wanted.active is not None:
        rules.append(users.c.is_active == wanted.active)
    return rules


def _literally(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
