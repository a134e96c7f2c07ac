"""Accounts, in memory."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime
from uuid import UUID

from lms_adapters.memory.mfa import MemorySecondFactors
from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.identity.api_tokens import ApiToken, ApiTokenId
from lms_domain.identity.errors import EmailTaken
from lms_domain.identity.model import Credential, User
from lms_domain.identity.sessions import Ending, Session
from lms_domain.identity.sign_ins import SignIn
from lms_domain.identity.views import KnownApiToken, KnownCredential
from lms_domain.kernel import Secret, SessionId, UserId


class MemoryUsers(MemoryRepository[User]):
    entity = User
    unique = ((("email",), EmailTaken),)

    async def by_email(self, email: str, /) -> User | None:
        return next(self._where(lambda user: user.email == email), None)

    async def id_of(self, email: str, otherwise: UserId, /) -> UserId:
        user = await self.by_email(email)
        return otherwise if user is None else user.id

    async def signed_in(self, user_id: UserId, now: datetime, /) -> None:
        self._rows[user_id].last_login_at = now

    async def other_admins(self, user_id: UserId, /) -> int:
        return sum(1 for _ in self._where(lambda user: user.is_admin and user.was_opened and user.id != user_id))


class MemoryCredentials:
    def __init__(self, store: Store) -> None:
        self._all: dict[UserId, Credential] = store.setdefault(Credential, {})
        self._users, self._second_factors = MemoryUsers(store), MemorySecondFactors(store)

    async def add(self, credential: Credential, /) -> None:
        self._all[credential.user_id] = deepcopy(credential)

    async def set(self, user_id: UserId, password_hash: Secret, /, *, now: datetime) -> None:
        self._all[user_id].password_hash, self._all[user_id].changed_at = password_hash, now

    async def replace(self, user_id: UserId, known: Secret, new: Secret, /, *, now: datetime | None) -> bool:
        if self._all[user_id].password_hash != known:
            return False
        await self.set(user_id, new, now=now or self._all[user_id].changed_at)
        return True

    async def auth_version(self, user_id: UserId, /) -> int:
        return self._all[user_id].auth_version

    async def known(self, user_id: UserId, /) -> KnownCredential | None:
        user, proof = await self._users.get(user_id), self._all[user_id]
        known = KnownCredential(
            user_id=user_id,
            email=user.email,
            full_name=user.full_name,
            password_hash=proof.password_hash,
            changed_at=proof.changed_at,
            auth_version=proof.auth_version,
            has_mfa=await self._second_factors.is_on(user_id),
        )
        return known if user.is_active else None

    async def outdate(self, user_id: UserId, /, *, now: datetime) -> int:
        self._all[user_id].auth_version += 1
        self._all[user_id].outdated_at = now
        return self._all[user_id].auth_version


class MemorySessions(MemoryRepository[Session]):
    entity = Session

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._spent: dict[bytes, SessionId] = store.setdefault("spent", {})

    async def by_digest(self, digest: bytes, /) -> Session | None:
        return next(self._where(lambda session: session.refresh_digest == digest), None)

    async def by_spent(self, digest: bytes, /) -> Session | None:
        return await self.get(self._spent[digest]) if digest in self._spent else None

    async def spend(self, digest: bytes, session_id: SessionId, /) -> None:
        self._spent[digest] = session_id

    async def user_agents_before(self, session: Session, /) -> list[str]:
        earlier = self._where(
            lambda s: s.user_id == session.user_id and s.acting_admin_id is None and s.created_at < session.created_at
        )
        return sorted({each.user_agent for each in earlier})

    async def end_all(
        self, user_id: UserId, because: Ending, /, *, but: SessionId | None, now: datetime
    ) -> list[SessionId]:
        return await self._end([each for each in self._alive(user_id, now) if each.id != but], because, now)

    async def end_oldest(self, user_id: UserId, /, *, keep: int, now: datetime) -> list[SessionId]:
        own = [each for each in self._alive(user_id, now) if each.acting_admin_id is None]
        own.sort(key=lambda session: (session.last_used_at, session.id), reverse=True)
        return await self._end(own[keep:], Ending.TOO_MANY, now)

    def _alive(self, user_id: UserId, now: datetime) -> Iterator[Session]:
        return self._where(lambda s: s.user_id == user_id and s.revoked_at is None and s.expires_at > now)

    async def _end(self, ended: Sequence[Session], because: Ending, now: datetime) -> list[SessionId]:
        for session in ended:
            session.revoked_at, session.ended_because = now, because
            await self.save(session)
        return [session.id for session in ended]


class MemorySignIns:
    def __init__(self, store: Store) -> None:
        self._all: dict[UUID, SignIn] = store.setdefault(SignIn, {})

    async def add(self, attempt: SignIn, /) -> None:
        self._all[attempt.id] = attempt


class MemoryApiTokens(MemoryRepository[ApiToken]):
    entity = ApiToken

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._users, self._credentials = MemoryUsers(store), MemoryCredentials(store)

    async def count(self, user_id: UserId, /, *, now: datetime) -> int:
        return len(self._good(user_id, now))

    async def revoke_all(self, user_id: UserId, /, *, now: datetime) -> list[ApiTokenId]:
        good = self._good(user_id, now)
        for token in good:
            token.revoked_at = now
            await self.save(token)
        return [token.id for token in good]

    async def use(self, digest: bytes, /, *, now: datetime) -> KnownApiToken | None:
        token = next((t for t in self._rows.values() if t.digest == digest), None)
        if token is None or token.revoked_at is not None or token.expires_at <= now:
            return None
        token.last_used_at = now
        user = await self._users.get(token.user_id)
        known = KnownApiToken(
            id=token.id,
            user_id=token.user_id,
            roles=user.roles,
            auth_version=await self._credentials.auth_version(token.user_id),
            scopes=token.scopes,
            networks=token.networks,
            expires_at=token.expires_at,
        )
        return known if user.is_active else None

    def _good(self, user_id: UserId, now: datetime) -> list[ApiToken]:
        return list(self._where(lambda t: t.user_id == user_id and t.revoked_at is None and t.expires_at > now))
