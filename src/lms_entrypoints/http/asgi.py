"""The ASGI application, made from the environment: what an ASGI server is pointed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from litestar import Litestar

from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.edge import Edge
from lms_entrypoints.http.stopping import told_to_stop
from lms_entrypoints.processes import begin, living
from lms_entrypoints.running import running


def create_app() -> Edge:
    container, kept = begin()

    services = container.services()

    @asynccontextmanager
    async def relaying() -> AsyncIterator[None]:
        """Only where tasks are performed here; otherwise relays and workers are processes of their own."""
        if not container.settings().runs_tasks_inline:
            yield
            return
        async with container.background().running(), running(container.scheduler().work):
            yield

    @asynccontextmanager
    async def working(_: Litestar) -> AsyncIterator[None]:
        async with living(container, kept), relaying():
            with closing(services.hub) as hub, told_to_stop(hub.close):
                yield

    return at_the_edge(build_app(services, lifespan=[working]), services)
