"""The relays inside the process: one runs the reactions to events, the other sends the letters about them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog

from lms_domain.kernel import Event, LmsError
from lms_domain.mailing import Mailer
from lms_domain.reactions import (
    LETTERS,
    REACTIONS,
    Claimed,
    Kinds,
    claim,
    finish,
    letter_about,
    posted,
    postpone,
    react,
    reactions_to,
)
from lms_entrypoints.doors import Run

BATCH = 100
LETTERS_AT_ONCE = 10
log = structlog.get_logger("lms.relay")


class Relay:
    kinds: Kinds = REACTIONS
    batch = BATCH

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
        claimed = await self._run(claim, self.kinds, self.batch)
        done = [item.event.id for item, handled in zip(claimed, await self._all(claimed), strict=True) if handled]
        if done:
            await self._run(finish, done)
        return len(claimed)

    async def _all(self, claimed: Sequence[Claimed]) -> list[bool]:
        """One after the other: events keep their order."""
        return [await self._handled(item) for item in claimed]

    async def _handle(self, event: Event) -> None:
        for reaction in reactions_to(event):
            await self._run(react, event, reaction)

    async def _handled(self, item: Claimed) -> bool:
        try:
            await self._handle(item.event)
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
            if handled < self.batch:
                with suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), self._pause)


class Postman(Relay):
    """Letters leave outside of any transaction, all in hand at once: none waits for a slow answer to another."""

    kinds = LETTERS
    batch = LETTERS_AT_ONCE

    def __init__(self, run: Run, mailer: Mailer, *, pause_seconds: float = 0.2) -> None:
        super().__init__(run, pause_seconds=pause_seconds)
        self._mailer = mailer

    async def _all(self, claimed: Sequence[Claimed]) -> list[bool]:
        return list(await asyncio.gather(*map(self._handled, claimed)))

    async def _handle(self, event: Event) -> None:
        letter = await self._run(letter_about, event)
        if letter is not None:
            await self._mailer.send(letter)
            await self._run(posted, event)
