"""Instances that start at the same time share one database and migrate it once."""

import os
import subprocess
import sys
from pathlib import Path

from sqlalchemy import NullPool, create_engine, text
from tests.integration.postgres_server import TestRun, admin, database_of

SRC = Path(__file__).parents[2] / "src"
INSTANCES = 3


def test_instances_that_start_together_migrate_one_after_another(database_url: str, test_run: TestRun) -> None:
    name = f"{test_run.database}_together"
    admin(database_url, f"CREATE DATABASE {name}")
    url = database_of(database_url, name)
    environment = os.environ | {"DATABASE_URL": url, "PYTHONPATH": str(SRC)}
    command = [sys.executable, "-m", "lms_entrypoints.cli", "migrate"]
    started = [subprocess.Popen(command, env=environment) for _ in range(INSTANCES)]
    assert [instance.wait(timeout=60) for instance in started] == [0] * INSTANCES
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
    engine.dispose()
    admin(database_url, f"DROP DATABASE {name} WITH (FORCE)")
