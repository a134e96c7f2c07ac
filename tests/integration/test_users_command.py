"""`lms users`: what the operator does with accounts, on a real PostgreSQL."""

from collections.abc import Callable

import psycopg
import pytest
from click.testing import CliRunner, Result
from sqlalchemy.ext.asyncio import AsyncEngine

from lms_domain.identity.errors import LastAdmin
from lms_entrypoints.cli.users import users

PASSWORD = "correct horse battery"
ROOT = ("--email", "Root@Example.org", "--name", "Root")
Lms = Callable[..., Result]


@pytest.fixture
def lms(engine: AsyncEngine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Lms:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SECURITY_BCRYPT_ROUNDS", "4")
    monkeypatch.delenv("LMS_PASSWORD", raising=False)

    def invoke(*args: str, input: str | None = None) -> Result:
        return CliRunner().invoke(users, args, input=input)

    return invoke


def accounts(url: str) -> list[tuple[str, list[str], bool]]:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return conn.execute("select email, roles, is_active from users order by email").fetchall()


def events(url: str) -> list[str]:
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return [name for (name,) in conn.execute("select name from outbox order by seq")]


def test_the_first_admin_is_asked_for_a_password_twice(lms: Lms, database_url: str) -> None:
    made = lms("create-admin", *ROOT, input=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0, made.output
    assert "Made root@example.org (admin)." in made.output
    assert PASSWORD not in made.output
    assert accounts(database_url) == [("root@example.org", ["admin"], True)]
    assert events(database_url) == ["user.created"]


def test_a_script_sends_the_password_by_its_input(lms: Lms, database_url: str) -> None:
    made = lms("create", *ROOT, "--role", "student", "--role", "instructor", "--password-stdin", input=PASSWORD + "\n")
    assert made.exit_code == 0, made.output
    assert accounts(database_url) == [("root@example.org", ["instructor", "student"], True)]


def test_or_by_its_environment(lms: Lms, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LMS_PASSWORD", PASSWORD)
    assert lms("create-admin", *ROOT).exit_code == 0


def test_a_password_is_made_and_shown_once(lms: Lms) -> None:
    made = lms("create-admin", *ROOT, "--generate-password")
    assert made.exit_code == 0, made.output
    password = made.output.splitlines()[-1].removeprefix("Password: ")
    assert len(password) == 24
    both = lms("create-admin", *ROOT, "--generate-password", "--password-stdin", input=PASSWORD)
    assert both.exit_code == 2


@pytest.mark.parametrize("command", ["create-admin", "create", "set-roles"])
def test_no_password_is_an_argument(lms: Lms, command: str) -> None:
    assert lms(command, *ROOT, "--password", PASSWORD).exit_code == 2


def test_what_is_wrong_is_named(lms: Lms, database_url: str) -> None:
    refused = lms("create-admin", "--email", "nobody", "--name", "", "--password-stdin", input="short\n")
    assert refused.exit_code == 1
    for field in ("email:", "password: 8 to 1024 characters", "full_name:"):
        assert field in refused.output
    assert accounts(database_url) == []


def test_an_address_that_is_taken_is_told_and_promoted_when_asked(lms: Lms, database_url: str) -> None:
    lms("create", *ROOT, "--role", "student", "--password-stdin", input=PASSWORD)
    refused = lms("create-admin", *ROOT, "--password-stdin", input=PASSWORD)
    assert refused.exit_code == 1
    assert "has an account already" in refused.output
    assert "--promote" in refused.output
    assert accounts(database_url) == [("root@example.org", ["student"], True)]
    promoted = lms("create-admin", *ROOT, "--promote")  # asks for no password
    assert promoted.exit_code == 0, promoted.output
    assert accounts(database_url) == [("root@example.org", ["admin", "student"], True)]
    assert events(database_url)[-2:] == ["user.roles_changed", "user.tokens_outdated"]


def test_promoting_who_is_not_there_makes_the_account(lms: Lms, database_url: str) -> None:
    assert lms("create-admin", *ROOT, "--promote", "--password-stdin", input=PASSWORD).exit_code == 0
    assert accounts(database_url) == [("root@example.org", ["admin"], True)]


def test_roles_are_set_and_the_last_admin_stays(lms: Lms, database_url: str) -> None:
    lms("create-admin", *ROOT, "--password-stdin", input=PASSWORD)
    last = lms("set-roles", "--email", "root@example.org", "--role", "student")
    assert isinstance(last.exception, LastAdmin)
    lms("create-admin", "--email", "two@example.org", "--name", "Two", "--password-stdin", input=PASSWORD)
    assert lms("set-roles", "--email", "ROOT@example.org", "--role", "instructor").exit_code == 0
    assert accounts(database_url)[0] == ("root@example.org", ["instructor"], True)
    unknown = lms("set-roles", "--email", "nobody@example.org", "--role", "student")
    assert unknown.exit_code == 1
    assert "no account" in unknown.output


def test_accounts_are_listed(lms: Lms, database_url: str) -> None:
    assert lms("list").output == ""
    lms("create-admin", *ROOT, "--password-stdin", input=PASSWORD)
    lms(
        "create", "--email", "ada@example.org", "--name", "Ada", "--role", "student", "--password-stdin", input=PASSWORD
    )
    with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as conn:
        conn.execute("update users set is_active = false where email = 'ada@example.org'")
    assert lms("list").output == "ada@example.org\tAda\tstudent\tclosed\nroot@example.org\tRoot\tadmin\n"
    assert lms("list", "--role", "admin").output == "root@example.org\tRoot\tadmin\n"
