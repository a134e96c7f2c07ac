"""What tests of courses may ask for."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.school import School

from lms_entrypoints.services import Services


@pytest.fixture
def school(engine: AsyncEngine, services: Services) -> School:
    return School(engine, services)
