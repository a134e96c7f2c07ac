"""What a worker does with a task, whoever brought it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

import structlog

from lms_domain.kernel import LmsError
from lms_domain.mailing import Mailer, Refused
from lms_domain.ports import AllPorts
from lms_domain.queues import QUEUES
from lms_domain.reactions import BY_NAME, LETTER, OTHER_LETTERS
from lms_domain.tasks.model import Task
from lms_domain.tasks.use_cases import fail, finish, letter_about, react, refused
from lms_entrypoints.doors import Run
from lms_entrypoints.faults import reach

log = structlog.get_logger("lms.work")

# Whether it was still to be done; None: it failed, and when it is tried again is written down already.
Errand = Callable[[Task], Awaitable[bool | None]]
OUTCOMES = {True: "done", False: "skipped", None: "failed"}


class Observer(Protocol):
    def __call__(self, task: Task, outcome: str, seconds: float, /) -> None:
        """`outcome`: done, skipped, failed or dead."""


def unobserved(_task: Task, _outcome: str, _seconds: float) -> None: ...


class Work:
    def __init__(
        self, run: Run, mailer: Mailer, errands: Mapping[str, Errand] | None = None, *, observe: Observer = unobserved
    ) -> None:
        """`errands`: how reactions are done that are more than one transaction, by name."""
        self._run, self._mailer, self._observe = run, mailer, observe
        self._errands: Mapping[str, Errand] = {
            **dict.fromkeys((LETTER, *OTHER_LETTERS), self._letter),
            **(errands or {}),
        }

    async def perform(self, task: Task) -> None:
        """Never raises but for what ends the process: a failure is written down, and the task comes again."""
        began = time.perf_counter()
        outcome = await self._outcome(task)
        self._observe(task, outcome, time.perf_counter() - began)

    async def _outcome(self, task: Task) -> str:
        reach("worker.received")
        try:
            async with asyncio.timeout(QUEUES[task.queue].time_limit.total_seconds()):
                return OUTCOMES[await self._done(task)]
        except Exception as error:  # noqa: BLE001 (one task's trouble must not stop the others)
            return await self._failed(task, error)

    async def _done(self, task: Task) -> bool | None:
        if errand := self._errands.get(task.reaction):
            return await errand(task)
        if task.reaction not in BY_NAME:
            raise UnknownReaction(reaction=task.reaction)
        is_first = await self._run(_reacting, task)
        reach("worker.reacted")
        return is_first

    async def _letter(self, task: Task) -> bool:
        """Letters leave outside of any transaction."""
        letter = await self._run(letter_about, task)
        if letter is None:
            return False
        reach("worker.letter_composed")
        try:
            await self._mailer.send(letter)
        except Refused as refusal:
            if not refusal.is_address:
                raise
            return await self._run(refused, task, letter, refusal)
        reach("worker.letter_sent")
        is_first = await self._run(finish, task)
        reach("worker.letter_finished")
        return is_first

    async def _failed(self, task: Task, error: Exception) -> str:
        log.warning(
            "task_failed", reaction=task.reaction, subject_id=str(task.subject_id), error=repr(error), exc_info=error
        )
        try:
            return "dead" if await self._run(fail, task, error) else "failed"
        except LmsError:
            return "failed"  # the database is away: the task is handed on again when its lease is over


class UnknownReaction(LmsError):
    message = "This version of the software does not know what to do; a newer one wrote it."


async def _reacting(ports: AllPorts, task: Task) -> bool:
    is_first = await react(ports, task)
    reach("worker.reacting")
    return is_first
