"""What commands share: a migrated database, the services on it, and an event loop."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from lms_entrypoints import configuration
from lms_entrypoints.cli.database import database
from lms_entrypoints.origins import at_the_command_line
from lms_entrypoints.services import Services

T = TypeVar("T")


def with_services(work: Callable[[Services], Awaitable[T]]) -> T:
    """Run `work` on the database of this machine or of DATABASE_URL, brought up to date first."""
    from lms_adapters.postgres.migrate import upgrade
    from lms_entrypoints.container import Container, close

    with database():
        settings = configuration.load()
        upgrade(settings.database.url)
        container = Container(settings=settings)

        async def go() -> T:
            try:
                return await work(container.services())
            finally:
                await close(container)

        with at_the_command_line():
            return asyncio.run(go())
