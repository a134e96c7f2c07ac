"""Tokens are good exactly as long as they should be, whatever is done in whatever order. Here in memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, cast

from hypothesis import settings
from tests.unit.identity.life_cycle.machine import LifeCycle
from tests.unit.identity.life_cycle.world import NoLocks, World

from lms_adapters.memory.gate import MemoryGate
from lms_adapters.memory.policies import MemoryPolicies
from lms_adapters.memory.ports import FixedClock, MemoryDatabase, MemoryPorts
from lms_domain.identity.api_tokens import ApiToken
from lms_domain.identity.model import Credential, User
from lms_domain.identity.sessions import Session
from lms_domain.identity.views import KnownCredential, Revoked
from lms_domain.kernel import Event, LmsError, UserId
from lms_domain.ports import AllPorts
from lms_entrypoints.container import Container
from lms_entrypoints.settings import SecuritySettings, Settings

READ = {User, Credential, Session, ApiToken, "spent"}


class TellingDatabase(MemoryDatabase):
    """Tells what has happened before the caller is answered, as PostgreSQL's adapter does."""

    world: World

    @asynccontextmanager
    async def begin(self, *, single_write: bool = False) -> AsyncIterator[AllPorts]:
        happened: Sequence[Event] = ()
        try:
            async with super().begin(single_write=single_write) as ports:
                happened = cast("MemoryPorts", ports).events
                yield ports
        except LmsError as refusal:
            if refusal.leaves_trail:
                await self.world.committed(happened)
            raise
        # What nobody reads here would be copied with every transaction.
        self.store = {name: rows for name, rows in self.store.items() if name in READ}
        await self.world.committed(happened)


class Reads:
    """What is asked of accounts besides use cases."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database, self.accounts = database, self

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Any]:
        yield self

    @property
    def policies(self) -> MemoryPolicies:
        return MemoryPolicies(self._database.store)

    def rows(self, entity: type) -> list[Any]:
        return list(self._database.store.get(entity, {}).values())

    async def credential(self, email: str) -> KnownCredential | None:
        found = [user.id for user in self.rows(User) if user.email == email and user.is_active]
        return await self.credential_of(found[0]) if found else None

    async def credential_of(self, user_id: UserId) -> KnownCredential | None:
        user = await MemoryPorts(self._database.store).users.get(user_id)
        known: Credential = self._database.store[Credential][user_id]
        return KnownCredential(
            user_id=user_id,
            email=user.email,
            full_name=user.full_name,
            password_hash=known.password_hash,
            changed_at=known.changed_at,
            auth_version=known.auth_version,
        )

    async def revoked_since(self, moment: datetime) -> Revoked:
        ended = [each for each in self.rows(Session) + self.rows(ApiToken) if each.revoked_at]
        outdated = [each for each in self.rows(Credential) if each.outdated_at and each.outdated_at >= moment]
        return Revoked(
            sessions=[each.id for each in ended if each.revoked_at >= moment],
            versions={each.user_id: each.auth_version for each in outdated},
        )


def in_memory() -> World:
    clock = FixedClock()
    database = TellingDatabase(clock)
    container = Container(settings=Settings(environment="test", security=SecuritySettings(bcrypt_rounds=4)))
    container.clock.override(clock)
    container.database.override(database)
    container.reader.override(Reads(database))
    container.attempts.override(NoLocks())

    async def gate() -> MemoryGate:
        life = container.settings().security.longest_token_minutes
        return MemoryGate(container.recall(), token_minutes=life, clock=lambda: clock.now().timestamp())

    world = database.world = World(container, clock, gate)
    return world


class InMemory(LifeCycle):
    def __init__(self) -> None:
        super().__init__(in_memory())

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.world.close()


TestLifeCycle = InMemory.TestCase
TestLifeCycle.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
