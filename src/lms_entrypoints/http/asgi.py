"""The ASGI application, made from the environment: what an ASGI server is pointed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar

from lms_entrypoints import logs, settings
from lms_entrypoints.container import Container, close
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.edge import Edge


def create_app() -> Edge:
    given = settings.load()
    logs.configure(given.log.level)
    container = Container(settings=given)

    @asynccontextmanager
    async def working(_: Litestar) -> AsyncIterator[None]:
        async with container.relay().running(), container.postman().running():
            yield
        await close(container)

    services = container.services()
    return at_the_edge(build_app(services, lifespan=[working]), services)
