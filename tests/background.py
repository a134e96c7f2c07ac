"""Background work in the process of a test, on whatever database `run` has."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from lms_domain.mailing import Letter, Mailer
from lms_domain.queues import QueueName
from lms_domain.tasks.model import Task
from lms_domain.tasks.use_cases import dispatch, plan
from lms_domain.webhooks.deliveries import Failure, Outcome, Sending
from lms_entrypoints.doors import Run
from lms_entrypoints.inline import Background, Inline
from lms_entrypoints.relay import Relay
from lms_entrypoints.work import Errand, Work


class Deaf:
    """Nobody rings: a test says when to look."""

    async def heard(self, _: float, /) -> bool:
        return False

    async def close(self) -> None: ...


class Mute:
    """A bell that nobody need hear."""

    def ring(self) -> None: ...

    async def silent(self) -> None: ...


class Box:
    """Keeps the letters it is given, but for those to `refuses`."""

    def __init__(self, *, error: Exception | None = None, refuses: str = "") -> None:
        self.letters: list[Letter] = []
        self.error, self.refuses = error, refuses

    async def send(self, letter: Letter, /) -> None:
        if self.error is not None and self.refuses in {"", letter.to}:
            raise self.error
        self.letters.append(letter)


class Receiver:
    """Takes every webhook, or answers what a test wants."""

    def __init__(self, *statuses: int) -> None:
        self.sent: list[Sending] = []
        self._statuses = list(statuses)

    async def send(self, sending: Sending, /) -> Outcome:
        self.sent.append(sending)
        status = self._statuses.pop(0) if self._statuses else 204
        return Outcome(status=status, failure=None if status < 300 else Failure.STATUS)


class Nowhere:
    """A carrier that loses all it is given, but for remembering it."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []

    async def rooms(self) -> Mapping[QueueName, int]:
        return dict.fromkeys(QueueName, 1000)

    async def send(self, tasks: Sequence[Task], /) -> None:
        self.tasks += tasks


async def an_hour_later(engine: AsyncEngine, background: Background) -> None:
    """What waits for its time has come to it."""
    await background.drain()
    async with engine.begin() as conn:
        await conn.execute(text("update tasks set due_at = now() where state = 'waiting'"))
    await background.drain()


async def handed_on(run: Run) -> list[Task]:
    """What is due now, which a process had in hand when it died."""
    nowhere = Nowhere()
    await run(plan, 10_000)
    await run(dispatch, nowhere, await nowhere.rooms())
    return nowhere.tasks


def a_background(
    run: Run,
    mailer: Mailer | None = None,
    *,
    queues: Collection[QueueName] = tuple(QueueName),
    errands: Mapping[str, Errand] | None = None,
) -> Background:
    """Does nothing by itself: a test calls `drain` where things should have happened."""
    inline = Inline(Work(run, mailer or Box(), errands))
    return Background(Relay(run, inline, Deaf(), queues=queues), inline)
