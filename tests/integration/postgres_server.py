"""One PostgreSQL server for the whole test run, and one database for each worker of it.

The first worker that needs the server starts it and migrates a template; every worker copies its own database from
that; the last one to finish stops it. TEST_DATABASE_URL names a server to use instead.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import NullPool, create_engine, make_url, text

from lms_adapters.embedded import EmbeddedPostgres
from lms_adapters.postgres.migrate import upgrade

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class TestRun:
    """`folder` is shared by all workers of the run; `name` tells it from other runs on the same server."""

    __test__ = False

    folder: Path
    name: str
    worker: str

    @property
    def template(self) -> str:
        return f"lms_{self.name}_template"

    @property
    def database(self) -> str:
        return f"lms_{self.name}_{self.worker}"


@contextmanager
def worker_database(run: TestRun) -> Iterator[str]:
    """The URL of a migrated, empty database that is this worker's own."""
    with server(run) as url:
        admin(url, f"CREATE DATABASE {run.database} TEMPLATE {run.template}")
        try:
            yield database_of(url, run.database)
        finally:
            admin(url, f"DROP DATABASE IF EXISTS {run.database} WITH (FORCE)")


@contextmanager
def server(run: TestRun) -> Iterator[str]:
    with (run.folder / "postgres.start").open("a+") as starting:
        fcntl.flock(starting, fcntl.LOCK_EX)
        known = (run.folder / "postgres.url").exists()
        owner = None if known else _start(run)
        users = _join(run)
    try:
        yield (run.folder / "postgres.url").read_text()
    finally:
        _leave(run, users, owner)


def _start(run: TestRun) -> EmbeddedPostgres:
    """Started or not, the one who is told to start also prepares the template and cleans up."""
    owner = EmbeddedPostgres(run.folder / "postgres", fast=True)
    url = os.environ.get("TEST_DATABASE_URL") or owner.start()
    try:
        _make_template(run, url)
    except BaseException:
        owner.stop()
        raise
    (run.folder / "postgres.url").write_text(url)
    return owner


def _make_template(run: TestRun, url: str) -> None:
    admin(url, f"DROP DATABASE IF EXISTS {run.template} WITH (FORCE)")
    admin(url, f"CREATE DATABASE {run.template}")
    template = database_of(url, run.template)
    upgrade(template)


def _join(run: TestRun) -> IO[str]:
    users = (run.folder / "postgres.users").open("a+")
    fcntl.flock(users, fcntl.LOCK_SH)
    return users


def _leave(run: TestRun, users: IO[str], owner: EmbeddedPostgres | None) -> None:
    """Who started the server waits until everybody else has left, then stops it."""
    with users:
        if owner is None:
            return
        while True:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            time.sleep(POLL_SECONDS)
        url = (run.folder / "postgres.url").read_text()
        admin(url, f"DROP DATABASE IF EXISTS {run.template} WITH (FORCE)")
        (run.folder / "postgres.url").unlink()
        owner.stop()


def admin(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def database_of(url: str, name: str) -> str:
    return make_url(url).set(database=name).render_as_string(hide_password=False)
