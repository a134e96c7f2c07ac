"""A database of its own, whose trail may be spoiled."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from tests.integration.postgres_server import TestRun, admin, database_of

from lms_entrypoints.cli.__main__ import lms as command

TABLES = ("audit_entries", "audit_details", "audit_head")
Lms = Callable[..., Result]
Sql = Callable[..., Any]


@contextmanager
def a_copy(database_url: str, name: str, template: str) -> Iterator[str]:
    """The URL of a database of this name, for as long as it is there."""
    admin(database_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield database_of(database_url, name)
    admin(database_url, f"DROP DATABASE {name} WITH (FORCE)")


def at_the_command_line(url: str, monkeypatch: pytest.MonkeyPatch) -> Lms:
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("SECURITY_BCRYPT_ROUNDS", "4")
    monkeypatch.setenv("LMS_PASSWORD", "correct horse battery")

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(command, args)

    return invoke


@pytest.fixture
def own_url(database_url: str, test_run: TestRun) -> Iterator[str]:
    with a_copy(database_url, f"{test_run.database}_audit", test_run.template) as url:
        yield url


@pytest.fixture
def lms(own_url: str, monkeypatch: pytest.MonkeyPatch) -> Lms:
    return at_the_command_line(own_url, monkeypatch)


@pytest.fixture
def sql(own_url: str) -> Sql:
    """As the superuser, with every trigger of the trail disabled: nothing stops whoever owns the server."""
    free = "; ".join(f"alter table {table} {{}} trigger user" for table in TABLES)

    def run(statement: str, *, unhindered: bool = True) -> list[tuple[Any, ...]]:
        with psycopg.connect(own_url.replace("+psycopg", "")) as conn:
            if unhindered:
                conn.execute(free.format(*["disable"] * len(TABLES)).encode())
            cursor = conn.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
            if unhindered:
                conn.execute(free.format(*["enable"] * len(TABLES)).encode())
            return rows

    return run
