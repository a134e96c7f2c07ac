"""A school whose learners read their letters."""

from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.http.mailbox import Mailbox
from tests.integration.school import Drafted, Person, School, a_published_course

from lms_entrypoints.services import Services

Reader = Callable[[], Awaitable[Person]]


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
def mailbox(services: Services) -> Mailbox:
    return Mailbox(services)


@pytest.fixture
async def teacher(school: School) -> Person:
    return await school.teacher()


@pytest.fixture
async def course(teacher: Person) -> Drafted:
    return await a_published_course(teacher, lessons=1)


@pytest.fixture
def a_reader(school: School, engine: AsyncEngine) -> Reader:
    """A learner whose address is proved."""

    async def made() -> Person:
        learner = await school.learner()
        async with engine.begin() as conn:
            proved = "update users set email_verified_at = now() where id = :id"
            await conn.execute(text(proved), {"id": learner.id})
        return learner

    return made


@pytest.fixture
async def reader(a_reader: Reader) -> Person:
    return await a_reader()
