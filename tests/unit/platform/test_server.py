import signal
from collections.abc import Iterator

import pytest

from lms_entrypoints.cli.server import stop_once

REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def handlers() -> Iterator[None]:
    before = {request: signal.getsignal(request) for request in REQUESTS}
    yield
    for request, handler in before.items():
        signal.signal(request, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_second_request_to_stop_while_the_first_is_handled_is_the_same_one(request_: signal.Signals) -> None:
    calls = 0

    def stop() -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            signal.raise_signal(signal.SIGTERM)

    stop_once(stop)
    signal.raise_signal(request_)
    signal.raise_signal(request_)
    assert calls == 1
