"""Work that goes on until it is told to stop, beside something else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Work = Callable[[asyncio.Event], Awaitable[None]]  # until the event is set; the step in hand is finished first


@asynccontextmanager
async def running(work: Work) -> AsyncIterator[None]:
    """In the background, until the block ends."""
    stop = asyncio.Event()
    task = asyncio.ensure_future(work(stop))
    try:
        yield
    finally:
        stop.set()
        await task
