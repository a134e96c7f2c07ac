"""Who is told of a signal to stop, beside whoever handled it already."""

import asyncio
import signal
from collections.abc import Callable, Iterator

import pytest
import uvloop

from lms_entrypoints.http.stopping import told_to_stop

PATIENCE = 30
REQUESTS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {request: signal.getsignal(request) for request in REQUESTS}
    yield
    for request, handler in before.items():
        signal.signal(request, handler)


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_an_event_loops_own_handler_is_called_as_well(
    new_loop: Callable[[], asyncio.AbstractEventLoop], request_: signal.Signals
) -> None:
    async def serve() -> None:
        is_over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(request_, is_over.set)
        with told_to_stop(lambda: told.append(1)):
            signal.raise_signal(request_)
            await asyncio.wait_for(is_over.wait(), PATIENCE)

    told = list[int]()
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(serve())
    assert told == [1]


async def test_any_other_handler_is_called_as_well_and_has_its_place_back() -> None:
    told = list[str]()
    theirs: Callable[..., None] = lambda *_: told.append("them")  # noqa: E731 (a handler)
    signal.signal(signal.SIGTERM, theirs)
    with told_to_stop(lambda: told.append("us")):
        signal.raise_signal(signal.SIGTERM)
        await asyncio.sleep(0)
    assert sorted(told) == ["them", "us"]
    assert signal.getsignal(signal.SIGTERM) is theirs


@pytest.mark.parametrize("theirs", [signal.SIG_DFL, signal.SIG_IGN])
async def test_what_nobody_handles_goes_on_as_it_does(theirs: signal.Handlers) -> None:
    signal.signal(signal.SIGTERM, theirs)
    with told_to_stop(lambda: None):
        assert signal.getsignal(signal.SIGTERM) is theirs
