"""What every integration test may ask for."""

import hashlib
from collections.abc import Iterator

import pytest
from tests.integration.app_fixtures import *  # noqa: F403 - fixtures are found here by name
from tests.integration.postgres_server import TestRun, worker_database
from tests.integration.redis_server import *  # noqa: F403


@pytest.fixture(scope="session")
def test_run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> TestRun:
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    folder = tmp_path_factory.getbasetemp()
    shared = folder if worker == "main" else folder.parent
    name = hashlib.sha256(str(shared).encode()).hexdigest()[:8]
    return TestRun(folder=shared, name=name, worker=worker)


@pytest.fixture(scope="session")
def database_url(test_run: TestRun) -> Iterator[str]:
    """A migrated, empty PostgreSQL database, made for this worker."""
    with worker_database(test_run) as url:
        yield url
