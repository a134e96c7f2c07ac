"""What a server has to end by itself when it is told to stop."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType


@contextmanager
def told_to_stop(then: Callable[[], None]) -> Iterator[None]:
    """`then` is called, by the running loop, as soon as the process is told to stop.

    An ASGI server ends the lifespan only when all connections have ended, which those of streams do not by themselves.
    So we hear of it where the server does: by the signal.
    """
    tell = partial(asyncio.get_running_loop().call_soon_threadsafe, then)
    with _before_others(signal.SIGINT, tell), _before_others(signal.SIGTERM, tell):
        yield


@contextmanager
def _before_others(request: signal.Signals, tell: Callable[[], object]) -> Iterator[None]:
    """Not instead of them: handlers of an event loop are told by `signal.set_wakeup_fd`, all others here."""
    theirs = signal.getsignal(request)
    if not callable(theirs):
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        tell()
        theirs(number, frame)

    _handle_by(request, handle)
    try:
        yield
    finally:
        _handle_by(request, theirs)


def _handle_by(request: signal.Signals, handler: Callable[[int, FrameType | None], object]) -> None:
    signal.signal(request, handler)
    signal.siginterrupt(request, False)  # as event loops do: no system call of a thread is cut short
