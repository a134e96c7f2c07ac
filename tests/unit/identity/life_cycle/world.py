"""The application below HTTP as the machine drives it: real use cases, services and gates, and a clock that is moved.

Two server processes share one gate and one database, and each keeps what it keeps by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from datetime import datetime, tzinfo
from types import SimpleNamespace
from typing import Any, Self, TypeVar
from unittest.mock import patch

from tests.background import Mute

from lms_adapters.memory.ports import FixedClock
from lms_domain.identity.gate import Gate
from lms_domain.identity.lockout import Lock
from lms_domain.kernel import Actor, Event, LmsError
from lms_entrypoints.after_commit import AfterCommit
from lms_entrypoints.container import Container
from lms_entrypoints.http.addresses import Addresses
from lms_entrypoints.http.auth import Gatekeeper
from lms_entrypoints.http.limits import Limits
from lms_entrypoints.services import Services
from lms_entrypoints.settings import LimitSettings

R = TypeVar("R")
UNLIMITED = LimitSettings(general="off", sign_in="off")


class NoLocks:
    """Wrong passwords are a matter of other tests."""

    async def begin(self, _locks: Sequence[Lock], /) -> int:
        return 0

    async def fail(self, locks: Sequence[Lock], /) -> None: ...
    async def succeed(self, locks: Sequence[Lock], /) -> None: ...
    async def release(self, locks: Sequence[Lock], /) -> None: ...


class World:
    """`gate`: makes one that knows nothing yet, as after a start or a loss of memory."""

    def __init__(self, container: Container, clock: FixedClock, gate: Callable[[], Awaitable[Gate]]) -> None:
        self.container, self.clock, self._new_gate = container, clock, gate
        self.runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self.told: list[Event] = []
        self.services: Services = container.services()
        self._patches = ExitStack()
        for each in self._hands_of_the_clock():
            self._patches.enter_context(each)
        self.restart()

    def close(self) -> None:
        self._patches.close()
        self.runner.close()

    def do(self, work: Coroutine[Any, Any, R]) -> R:
        return self.runner.get_loop().run_until_complete(work)

    def restart(self) -> None:
        """Whatever was in memory is gone."""
        self.gate = self.do(self._awaited(self._new_gate))
        self.services.tokens.use(self.container.tokens()._keys)  # type: ignore[attr-defined]
        self._processes = [self._process() for _ in range(2)]

    async def committed(self, events: Sequence[Event]) -> None:
        self.told.extend(events)
        await self.tell(events)

    async def tell(self, events: Sequence[Event]) -> None:
        await AfterCommit(self.services.kept, self.gate, Mute())(events)

    def knock(self, token: str, process: int = 0) -> Actor | LmsError:
        """Who the bearer of the token is taken for, or why it is refused."""
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/v1/me",
            "query_string": b"",
            "headers": [(b"authorization", f"Bearer {token}".encode())],
            "client": ("192.0.2.1", 1),
        }
        self.do(self._processes[process](scope, _nothing, _nowhere))
        sender = scope["state"]["sender"]  # type: ignore[call-overload]
        found: Actor | LmsError = sender.refusal or sender.actor
        return found

    def _process(self) -> Gatekeeper:
        services = replace(self.services, gate=self.gate, api_tokens=self.container.api_tokens())
        return Gatekeeper(_app, services, Limits(UNLIMITED), Addresses(""))

    async def _awaited(self, make: Callable[[], Awaitable[R]]) -> R:
        return await make()

    def _hands_of_the_clock(self) -> list[AbstractContextManager[Any]]:
        """Every place that asks what time it is; the event loop goes on by its own."""
        clock = self.clock

        class Now(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return cls.fromtimestamp(clock.now().timestamp(), tz)

        hands = SimpleNamespace(time=self.seconds, monotonic=self.seconds)
        timed, dated = ("lms_adapters.security.tokens", "lms_entrypoints.api_tokens"), ("memory", "redis")
        return [
            *(patch(f"{module}.time", hands) for module in timed),
            *(patch(f"lms_adapters.{where}.gate.datetime", Now) for where in dated),
            patch("jwt.api_jwt.datetime", Now),
        ]

    def seconds(self) -> float:
        return self.clock.now().timestamp()


async def _app(*_: Any) -> None:
    """What is behind the gate."""


async def _nothing() -> dict[str, Any]:
    return {}


async def _nowhere(_: Any) -> None:
    """Nobody reads the answer."""
