"""`lms relay` and `lms scheduler`: one makes tasks of events and hands them on, the other says whose time has come."""

import asyncio
from collections.abc import Callable

from lms_entrypoints.container import Container
from lms_entrypoints.processes import STOPS, begin, living, must_have_queue
from lms_entrypoints.running import Work


def relay_until_stopped(metrics_port: int | None) -> None:
    _run_until_stopped(lambda container: container.relay().work, metrics_port)


def schedule_until_stopped() -> None:
    _run_until_stopped(lambda container: container.scheduler().work)


def _run_until_stopped(of: Callable[[Container], Work], metrics_port: int | None = None) -> None:
    container, kept = begin()
    must_have_queue(container.settings())
    if metrics_port:
        container.metrics().serve(metrics_port)

    async def run() -> None:
        stop = asyncio.Event()
        for request in STOPS:
            asyncio.get_running_loop().add_signal_handler(request, stop.set)
        async with living(container, kept):
            await of(container)(stop)

    asyncio.run(run())
