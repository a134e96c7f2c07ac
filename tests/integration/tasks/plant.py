"""A database, a Redis, a mail server, and processes between them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.tasks.post_office import PostOffice
from tests.integration.tasks.processes import Process, Processes

PATIENCE = 60.0  # seconds, for a busy machine
OPEN = """
    select (select count(*) from tasks where state in ('waiting', 'held', 'sent'))
        + (select count(*) from outbox where planned_at is null)
"""
PASS_TIME = """
    update tasks set due_at = now(), taken_until = case when taken_until is not null then now() end
    where state in ('waiting', 'sent')
"""


@dataclass(frozen=True)
class Plant:
    engine: AsyncEngine
    processes: Processes
    post_office: PostOffice

    def start(self, *words: str, **env: str) -> Process:
        return self.processes.start(*words, **env)

    async def scalar(self, query: str, **given: object) -> int:
        async with self.engine.connect() as conn:
            return int((await conn.execute(text(query), given)).scalar() or 0)

    async def pass_time(self) -> None:
        """As if every lease were over, and everything due."""
        async with self.engine.begin() as conn:
            await conn.execute(text(PASS_TIME))

    async def settled(self) -> None:
        """Nothing is left to do."""
        await self.until(self._is_settled)

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await is_so():
            assert time.monotonic() < deadline, self.processes.output()
            await asyncio.sleep(0.02)

    async def _is_settled(self) -> bool:
        return await self.scalar(OPEN) == 0
