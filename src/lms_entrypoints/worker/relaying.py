"""`lms relay`: makes tasks of events, and hands them on over Redis."""

import asyncio

from lms_entrypoints.processes import STOPS, begin, living, must_have_queue


def relay_until_stopped() -> None:
    container, kept = begin()
    must_have_queue(container.settings())

    async def work() -> None:
        stop = asyncio.Event()
        for request in STOPS:
            asyncio.get_running_loop().add_signal_handler(request, stop.set)
        async with living(container, kept):
            await container.relay().work(stop)

    asyncio.run(work())
