"""A role that runs the application, and cannot change what is in the audit trail: really connected, and tried."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import make_url
from tests.integration.audit.conftest import Lms, Sql

APP = "lms_app_of_tests"


@pytest.fixture
def app_url(own_url: str, sql: Sql) -> Iterator[str]:
    role = f"{APP}_{os.getpid()}"
    sql(f"create role {role} login password 'app'")
    yield make_url(own_url).set(username=role, password="app").render_as_string(hide_password=False)
    sql(f"drop owned by {role}; drop role {role}")


def role_in(url: str) -> str:
    return str(make_url(url).username)


@pytest.fixture
def granted(lms: Lms, app_url: str) -> str:
    done = lms("db", "grants", role_in(app_url))
    assert done.exit_code == 0, done.output
    return app_url


def test_it_runs_the_application(lms: Lms, granted: str, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", granted)
    for name in ("a", "b"):
        made = lms("users", "create", "--email", f"{name}@example.org", "--name", name, "--role", "student")
        assert made.exit_code == 0, made.output
    assert lms("audit", "verify").exit_code == 0
    assert sql("select count(*) from audit_entries") == [(2,)]


@pytest.mark.parametrize(
    "change",
    [
        "update audit_entries set action = ''",
        "delete from audit_entries",
        "truncate audit_entries",
        "drop table audit_entries",
        "alter table audit_entries disable trigger user",
        "alter table audit_entries rename to other",
        "create trigger mine before insert on audit_entries for each row execute function refuse_audit_change()",
        "delete from audit_head",
        "insert into audit_head select * from audit_head",
        "truncate audit_head",
        "set session_replication_role = replica",
        "create or replace function refuse_audit_change() returns trigger language plpgsql as 'begin end'",
        "create table mine ()",
        "update alembic_version set version_num = ''",
    ],
)
def test_it_cannot_change_the_trail(granted: str, change: str) -> None:
    with psycopg.connect(granted.replace("+psycopg", "")) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute(change.encode())


def test_a_role_that_could_do_everything_all_the_same_is_refused(
    lms: Lms, own_url: str, app_url: str, sql: Sql
) -> None:
    for role, why in ((role_in(own_url), "superuser"), ("nobody_at_all", "no role")):
        refused = lms("db", "grants", role)
        assert refused.exit_code == 1
        assert why in refused.output
    owner = f"{APP}_owner_{os.getpid()}"
    sql(f"create role {owner}; alter table audit_entries owner to {owner}; grant {owner} to {role_in(app_url)}")
    try:
        assert "owns the tables" in lms("db", "grants", role_in(app_url)).output
    finally:
        sql(f"reassign owned by {owner} to current_user; drop role {owner}")
