"""The scheduler says whose time has come. Several may run: of each time, the database gives one of them the word."""

import asyncio
from contextlib import suppress

import structlog

from lms_domain.kernel import LmsError
from lms_domain.upkeep.use_cases import strike
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import reach

LOOK_SECONDS = 5.0  # the shortest schedule is a minute
log = structlog.get_logger("lms.scheduler")


class Scheduler:
    def __init__(self, run: Run, *, seconds: float = LOOK_SECONDS) -> None:
        self._run, self._seconds = run, seconds

    async def work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await self._step()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._seconds)

    async def _step(self) -> None:
        try:
            if await self._run(strike):
                reach("scheduler.struck")
        except LmsError:
            return  # the database is away; what is due is still so when it is back
        except Exception:
            log.exception("scheduler_step_failed")
