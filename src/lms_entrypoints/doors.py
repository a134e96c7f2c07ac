"""The two ways in: HTTP, worker and CLI run use cases and ask queries through here."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

from lms_domain.idempotency import Answer, Attempt, replay
from lms_domain.identity.events import UserEvent
from lms_domain.kernel import Again, Clashed, Event, UserId
from lms_domain.ports import AllPorts, AllReads, Database, Reader
from lms_domain.transactions import is_single_write

P = ParamSpec("P")
R = TypeVar("R")

# What is typed as R may come back as Again[R]: the entrypoint that shows it tells them apart.
UseCase = Callable[Concatenate[AllPorts, P], Awaitable[R | Again[R]]]

TRIES = 3  # for a transaction that another one pushed aside


class Seal(Protocol):
    """Turns a result into bytes that only the holder of the attempt's key can have read back."""

    def close(self, attempt: Attempt, result: object) -> bytes: ...


class Run:
    """Change something: one call is one transaction."""

    _alone = True  # nothing is written but by the use case

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(
        self,
        use_case: UseCase[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        if self._alone and is_single_write(use_case):
            with suppress(Clashed):
                async with self._database.begin(single_write=True) as ports:
                    return cast(R, await use_case(ports, *args, **kwargs))
        for _ in range(TRIES - 1):
            with suppress(Clashed):
                return await self._once(use_case, *args, **kwargs)
        return await self._once(use_case, *args, **kwargs)

    async def _once(
        self,
        use_case: UseCase[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        async with self._database.begin() as ports:
            return cast(R, await use_case(ports, *args, **kwargs))


class RunOnce(Run):
    """As Run, for a request with an Idempotency-Key: its answer is kept with its effect.

    `attempt` is asked for when the door is used, because telling requests apart takes the whole body.
    """

    _alone = False

    def __init__(
        self, database: Database, attempt: Callable[[], Awaitable[Attempt]], seal: Seal, *, status: int
    ) -> None:
        super().__init__(database)
        self._attempt, self._seal, self._status = attempt, seal, status

    async def _once(
        self,
        use_case: UseCase[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        attempt = await self._attempt()
        async with self._database.begin() as ports:
            await replay(ports, attempt)
            result = await use_case(ports, *args, **kwargs)
            answer = Answer(
                digest=attempt.digest,
                status=200 if isinstance(result, Again) else self._status,
                body=self._seal.close(attempt, result),
                people=_people(ports.events),
            )
            await ports.answers.keep(attempt, answer, now=ports.clock.now())
            return cast(R, result)


def _people(events: Sequence[Event]) -> tuple[UserId, ...]:
    """Whose accounts were made, opened or changed: an answer tells of nobody else by name or address."""
    return tuple({event.user_id: None for event in events if isinstance(event, UserEvent)})


class Ask:
    """Answer something: no transaction, one statement at a time."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def __call__(
        self,
        query: Callable[Concatenate[AllReads, P], Awaitable[R]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        async with self._reader.open() as reads:
            return await query(reads, *args, **kwargs)
