"""A request that is sent twice is answered twice and done once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from lms_domain.kernel import Conflict, Event, Invalid, LmsError, Ports, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request that carries a key. `digest` tells bodies apart, keys are per `scope`: who asks, and by what."""

    scope: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was answered the first time: `body` is sealed, nobody without the key can read it.

    `people`: of whom it may tell; it goes when one of them is erased.
    """

    digest: bytes
    status: int
    body: bytes
    people: tuple[UserId, ...] = ()


class Answers(Protocol):
    async def begin(self, attempt: Attempt, /) -> Answer | None:
        """The stored answer, if there is one. Raises InFlight while another request holds the key."""

    async def keep(self, attempt: Attempt, answer: Answer, /, *, now: datetime) -> None:
        """Store the answer with the effect; both are there after the commit, or neither."""


class IdempotencyPorts(Ports, Protocol):
    @property
    def answers(self) -> Answers: ...
    @property
    def events(self) -> Sequence[Event]:
        """What has happened so far."""


class InFlight(Conflict):
    message = "A request with this Idempotency-Key is being worked on; try again in a moment."


class KeyReused(Invalid):
    message = "This Idempotency-Key was used with another request; use a new key."


class Replayed(LmsError):
    """Not a refusal: carries the stored answer out of the transaction, which did nothing."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def replay(ports: IdempotencyPorts, attempt: Attempt) -> None:
    """Raise Replayed if this attempt was answered before, KeyReused if its key was another request's."""
    answer = await ports.answers.begin(attempt)
    if answer is None:
        return
    if answer.digest != attempt.digest:
        raise KeyReused
    raise Replayed(answer)
