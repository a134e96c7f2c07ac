"""Events reach their reactions: at least once delivered, exactly once done."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest

from lms_adapters.memory.ports import FixedClock, MemoryDatabase
from lms_domain import reactions
from lms_domain.kernel import Event, new_id
from lms_domain.ports import AllPorts
from lms_entrypoints.doors import Run
from lms_entrypoints.relay import Relay


@dataclass(frozen=True, slots=True, kw_only=True)
class Rang(Event):
    name = "bell.rang"
    bell_id: UUID

    @property
    def aggregate_id(self) -> UUID:
        return self.bell_id


class Listener:
    __name__ = "listen"

    def __init__(self, *, failures: int = 0) -> None:
        self.heard: list[UUID] = []
        self.failures = failures

    async def __call__(self, _: AllPorts, event: Rang) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        self.heard.append(event.id)


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Listener:
    made = Listener()
    monkeypatch.setitem(reactions.REACTIONS, Rang, [made])
    monkeypatch.setitem(reactions.BY_NAME, "listen", made)
    return made


async def ring(ports: AllPorts, times: int = 1) -> None:
    ports.emit(*(Rang(at=ports.clock.now(), bell_id=new_id()) for _ in range(times)))


async def test_an_event_reaches_its_reaction_once(listener: Listener) -> None:
    run = Run(MemoryDatabase())
    await run(ring, 3)
    assert await Relay(run).drain() == 3
    assert await Relay(run).drain() == 0
    assert len(set(listener.heard)) == len(listener.heard) == 3


async def test_a_failed_reaction_comes_again_later(listener: Listener) -> None:
    clock = FixedClock()
    run = Run(MemoryDatabase(clock))
    listener.failures = 1
    await run(ring)
    await Relay(run).drain()
    assert listener.heard == []
    clock.pass_time(timedelta(seconds=2))
    await Relay(run).drain()
    assert len(listener.heard) == 1


async def test_an_event_that_always_fails_ends_up_waiting_for_an_operator(listener: Listener) -> None:
    clock = FixedClock()
    run = Run(MemoryDatabase(clock))
    listener.failures = 1000
    await run(ring)
    for _ in range(reactions.ATTEMPTS * 2):
        await Relay(run).drain()
        clock.pass_time(timedelta(days=1))
    assert listener.failures == 1000 - reactions.ATTEMPTS


async def test_a_relay_killed_with_events_in_hand_loses_none(listener: Listener) -> None:
    clock = FixedClock()
    run = Run(MemoryDatabase(clock))
    await run(ring)
    (item,) = await run(reactions.claim, reactions.REACTIONS, 10)  # and the process dies here, after the effect below
    await run(reactions.react, item.event, "listen")

    assert await Relay(run).drain() == 0  # held, for as long as the lease lasts
    clock.pass_time(reactions.LEASE)
    assert await Relay(run).drain() == 1
    assert len(listener.heard) == 1
