"""The ASGI application, made from the environment: what an ASGI server is pointed at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from litestar import Litestar

from lms_entrypoints import configuration, logs, settings
from lms_entrypoints.container import Container, close, take
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.edge import Edge
from lms_entrypoints.rotation import Rotation


def create_app() -> Edge:
    kept = configuration.kept_in_vault()
    given = settings.load(kept=kept)
    logs.configure(given.log.level)
    container = Container(settings=given)

    @asynccontextmanager
    async def rotating() -> AsyncIterator[None]:
        if not given.vault.addr:
            yield
            return
        with configuration.vault(given.vault) as secrets:
            rotation = Rotation(secrets, kept, partial(take, container), seconds=given.vault.refresh_seconds)
            async with rotation.running():
                yield

    @asynccontextmanager
    async def relaying() -> AsyncIterator[None]:
        """Only where tasks are performed here; otherwise relays and workers are processes of their own."""
        if not given.runs_tasks_inline:
            yield
            return
        async with container.background().running():
            yield

    @asynccontextmanager
    async def working(_: Litestar) -> AsyncIterator[None]:
        async with relaying(), rotating():
            yield
        await close(container)

    services = container.services()
    return at_the_edge(build_app(services, lifespan=[working]), services)
