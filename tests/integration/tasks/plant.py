"""A database, a Redis, a mail server, and processes between them."""

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom
from tests.integration.tasks.post_office import PostOffice
from tests.integration.tasks.processes import Process, Processes

from lms_domain.enrollments import use_cases as enrollments
from lms_domain.enrollments.progress import Report
from lms_domain.identity import use_cases as identity
from lms_domain.kernel import Secret
from lms_entrypoints.doors import Run

ADA = "ada@example.org"
PATIENCE = 60.0  # seconds, for a busy machine
OPEN = """
    select (select count(*) from tasks where state in ('waiting', 'held', 'sent') and reaction <> :but)
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

    def fork(self, *words: str, **env: str) -> Process:
        return self.processes.fork(*words, **env)

    async def scalar(self, query: str, **given: object) -> int:
        async with self.engine.connect() as conn:
            return int((await conn.execute(text(query), given)).scalar() or 0)

    async def pass_time(self) -> None:
        """As if every lease were over, and everything due."""
        async with self.engine.begin() as conn:
            await conn.execute(text(PASS_TIME))

    async def settled(self, *, but: str = "") -> None:
        """Nothing is left to do. `but`: the reaction whose time has not come."""

        async def is_so() -> bool:
            return await self.scalar(OPEN, but=but) == 0

        await self.until(is_so)

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await is_so():
            assert time.monotonic() < deadline, self.processes.output()
            await asyncio.sleep(0.02)

    async def until_served(self, port: int) -> None:
        async with httpx.AsyncClient() as client:

            async def is_ready() -> bool:
                with suppress(httpx.TransportError):
                    return (await client.get(f"http://127.0.0.1:{port}/ready")).is_success
                return False

            await self.until(is_ready)


async def something_happens(run: Run, room: Classroom) -> None:
    """A course is completed, which is counted; and somebody registers, who is written to."""
    learner = await room.learner()
    state = await run(enrollments.enroll, learner, room.course_id)
    await run(enrollments.record_progress, learner, state.id, room.lessons[0].id, report=Report(viewed=True))
    await run(identity.register, email=ADA, full_name="Ada", password_hash=Secret("hash"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
