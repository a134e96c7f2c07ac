"""People who ask for jobs, and whoever does them when a test says so."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import Drafted, Person, School, a_published_course

from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)


@pytest.fixture
async def teacher(school: School) -> Person:
    return await school.teacher()


@pytest.fixture
async def admin(school: School) -> Person:
    return await school.admin()


@pytest.fixture
async def course(teacher: Person) -> Drafted:
    return await a_published_course(teacher)
