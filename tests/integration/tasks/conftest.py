"""Background work over a real Redis, with real processes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine
from tests.integration.classroom import Classroom, LessonPlan, a_classroom
from tests.integration.tasks.plant import Plant, free_port
from tests.integration.tasks.post_office import PostOffice
from tests.integration.tasks.processes import Processes

from lms_entrypoints.doors import Run
from lms_entrypoints.services import Services


@pytest.fixture
async def plant(
    tmp_path: Path, database_url: str, redis_url: str, redis: Redis, engine: AsyncEngine
) -> AsyncIterator[Plant]:
    """Nothing runs yet; whatever a test starts ends with it."""
    office = PostOffice(free_port())
    env = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "TASKS_FORCE_INLINE": "false",
        "TASKS_POLL_MS": "200",
        "SECURITY_BCRYPT_ROUNDS": "4",
        "LIMITS_REGISTRATION": "off",
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(office.port),
        "MAIL_TLS": "none",
    }
    with Processes(tmp_path, env).alive() as processes:
        async with office.open():
            yield Plant(engine, processes, office)


@pytest.fixture
def run(services: Services) -> Run:
    return services.run


@pytest.fixture
async def room(engine: AsyncEngine) -> Classroom:
    return await a_classroom(engine, [LessonPlan()])
