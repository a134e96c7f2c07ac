"""An organization, its admin, and somebody who receives."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.background import a_background
from tests.integration.school import Person, School
from tests.integration.webhooks.receiver import Receiver, a_receiver

from lms_domain.queues import QueueName
from lms_domain.webhooks.deliveries import DELIVER
from lms_entrypoints.container import Container
from lms_entrypoints.inline import Background
from lms_entrypoints.services import Services
from lms_entrypoints.webhooks import Webhooks


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with a_receiver() as made:
        yield made


@dataclass(frozen=True)
class Desk:
    """Of the admin of an organization."""

    engine: AsyncEngine
    admin: Person
    organization: str
    school: School

    @property
    def path(self) -> str:
        return f"/organizations/{self.organization}/webhooks"

    async def hook(self, url: str, *kinds: str, **fields: Any) -> Any:
        """As it was answered: with its secret."""
        return await self.admin.json("POST", self.path, {"url": url, "kinds": list(kinds) or ["*"], **fields})

    async def log(self, webhook_id: str, **query: str) -> Any:
        suffix = "&".join(f"{name}={value}" for name, value in query.items())
        return await self.admin.json("GET", f"{self.path}/{webhook_id}/deliveries?{suffix}")

    async def delivery(self, webhook_id: str, delivery_id: str) -> Any:
        return await self.admin.json("GET", f"{self.path}/{webhook_id}/deliveries/{delivery_id}")

    async def happens(self, times: int = 1) -> None:
        """Somebody joins, so often."""
        for _ in range(times):
            person = await self.school.learner()
            path = f"/organizations/{self.organization}/members/{person.id}"
            await self.admin.json("PUT", path, {"role": "student"})

    async def pass_time(self) -> None:
        """As if everything were due."""
        async with self.engine.begin() as conn:
            await conn.execute(text("update tasks set due_at = now() where state = 'waiting'"))

    async def scalar(self, query: str, **given: object) -> Any:
        async with self.engine.connect() as conn:
            return (await conn.execute(text(query), given)).scalar()


async def a_desk(engine: AsyncEngine, school: School) -> Desk:
    admin = await school.learner()
    return Desk(engine, admin, str(await school.organization(admin=admin)), school)


@pytest.fixture
async def desk(engine: AsyncEngine, school: School) -> Desk:
    return await a_desk(engine, school)


@pytest.fixture
def background(engine: AsyncEngine, container: Container) -> Background:
    """With the real sender, which may send into networks of one's own, as in development."""
    queues = [name for name in QueueName if name is not QueueName.EMAILS]
    return a_background(container.run(), queues=queues, errands=container.errands())


@pytest.fixture
async def others(engine: AsyncEngine, container: Container) -> Any:
    """A background with another sender."""

    def made(sender: Any) -> Background:
        errands = {DELIVER: Webhooks(container.run(), sender).deliver}
        return a_background(container.run(), queues=[QueueName.WEBHOOKS], errands=errands)

    return made
