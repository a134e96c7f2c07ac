"""The relay inside the process: takes events from the outbox and runs their reactions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from lms_domain.kernel import LmsError
from lms_domain.reactions import Claimed, claim, finish, postpone, react, reactions_to
from lms_entrypoints.doors import Run

BATCH = 100
log = structlog.get_logger("lms.relay")


class Relay:
    def __init__(self, run: Run, *, pause_seconds: float = 0.2) -> None:
        self._run, self._pause = run, pause_seconds

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background until the block ends; the events in hand are finished first."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._work(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def drain(self) -> int:
        """Handle events until none is due; how many there were."""
        total = 0
        while handled := await self.step():
            total += handled
        return total

    async def step(self) -> int:
        """Killed at any line, this leaves events unsent; they come again, and the inbox tells what is done."""
        claimed = await self._run(claim, BATCH)
        done = [item.event.id for item in claimed if await self._handled(item)]
        if done:
            await self._run(finish, done)
        return len(claimed)

    async def _handled(self, item: Claimed) -> bool:
        try:
            for reaction in reactions_to(item.event):
                await self._run(react, item.event, reaction)
        except Exception as error:  # noqa: BLE001 (one event's trouble must not stop the others)
            name, event_id = item.event.name, str(item.event.id)
            log.warning("reaction_failed", event_name=name, event_id=event_id, error=repr(error))
            await self._run(postpone, item, repr(error))
            return False
        return True

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                handled = await self.step()
            except LmsError:
                handled = 0  # the database is away: the events wait in it
            except Exception:
                log.exception("relay_step_failed")
                handled = 0
            if handled < BATCH:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._pause)
