"""Accounts, in memory."""

from copy import deepcopy
from datetime import datetime

from lms_adapters.memory.store import MemoryRepository, Store
from lms_domain.identity.model import Credential, EmailTaken, Session, User
from lms_domain.kernel import UserId


class MemoryUsers(MemoryRepository[User]):
    entity = User
    unique = ((("email",), EmailTaken),)

    async def by_email(self, email: str, /) -> User | None:
        return next(self._where(lambda user: user.email == email), None)

    async def signed_in(self, user_id: UserId, now: datetime, /) -> None:
        self._rows[user_id].last_login_at = now

    async def other_admins(self, user_id: UserId, /) -> int:
        return sum(1 for _ in self._where(lambda user: user.is_admin and user.id != user_id))


class MemoryCredentials:
    def __init__(self, store: Store) -> None:
        self._all: dict[UserId, Credential] = store.setdefault(Credential, {})

    async def add(self, credential: Credential, /) -> None:
        self._all[credential.user_id] = deepcopy(credential)


class MemorySessions(MemoryRepository[Session]):
    entity = Session

    async def by_digest(self, digest: bytes, /) -> Session | None:
        return next(self._where(lambda session: session.refresh_digest == digest), None)
