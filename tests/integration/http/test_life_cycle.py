"""The life of tokens as in tests/unit/identity, on PostgreSQL and with a gate that two processes share in Valkey."""

from functools import partial
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.app_fixtures import CHEAP
from tests.unit.identity.life_cycle.machine import LifeCycle
from tests.unit.identity.life_cycle.world import NoLocks, World

from lms_adapters.memory.ports import FixedClock
from lms_adapters.postgres.database import PgDatabase
from lms_adapters.redis.gate import RedisGate
from lms_domain.identity.gate import Gate
from lms_entrypoints.container import Container, close
from lms_entrypoints.settings import DatabaseSettings, RedisSettings, Settings

FEW = settings(
    max_examples=10,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class OnServers(LifeCycle):
    """Its machine's own loop, since the machine is no coroutine."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        given = Settings(
            environment="test",
            database=DatabaseSettings(url=database_url, pool_size=2),
            redis=RedisSettings(url=redis_url),
            security=CHEAP,
        )
        self.container, self.redis_url, clock = Container(settings=given), redis_url, FixedClock()
        self.container.clock.override(clock)
        self.container.attempts.override(NoLocks())
        connections, beside = self.container.connections(), self.container.beside()
        self.container.database.override(PgDatabase(connections, beside, committed=self.committed))
        super().__init__(World(self.container, clock, self.wiped))

    async def committed(self, events: object) -> None:
        await self.world.committed(events)  # type: ignore[arg-type]

    async def wiped(self) -> Gate:
        client = self.container.redis()
        await client.flushdb()
        return RedisGate(
            client, self.container.recall(), token_minutes=self.container.settings().security.longest_token_minutes
        )

    def teardown(self) -> None:
        try:
            super().teardown()
        finally:
            self.world.do(close(self.container))
            self.world.close()


def test_tokens_are_good_exactly_as_long_as_they_should_be(
    engine: AsyncEngine, database_url: str, redis_url: str
) -> None:
    del engine  # but its tables are empty
    begin: Any = partial(OnServers, database_url, redis_url)
    run_state_machine_as_test(begin, settings=FEW)
