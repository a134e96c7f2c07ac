"""Demo data: accounts to sign in with, and something to learn."""

import asyncio
from dataclasses import dataclass

from lms_entrypoints.container import Container
from lms_entrypoints.settings import Settings

PASSWORD = "demo-password"  # noqa: S105 (meant to be known; demo data is loaded in development alone)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    email: str
    password: str
    role: str


ACCOUNTS = (
    DemoAccount("admin@example.org", PASSWORD, "admin"),
    DemoAccount("instructor@example.org", PASSWORD, "instructor"),
    DemoAccount("student@example.org", PASSWORD, "student"),
)


def load(settings: Settings) -> bool:
    """Fill an empty database, and say whether it was empty; one that holds a user is left alone."""
    if settings.environment == "production":
        return False
    container = Container(settings=settings)

    async def work() -> bool:
        try:
            return await container.run()(fill, container.passwords())
        finally:
            await container.engine().dispose()

    return asyncio.run(work())
