"""`lms audit verify` finds what was done to the trail by somebody whom nothing stops."""

import getpass
import re
from collections.abc import Iterator

import pytest
from tests.integration.audit.conftest import Lms, Sql, a_copy, at_the_command_line
from tests.integration.postgres_server import TestRun

from lms_entrypoints.cli import audit

COLUMNS = """id, at, action, target_kind, target_id, organization_id, course_id, before, after, via, operator, actor_id,
    acting_for_id, request_id, ip, session_id, api_token_id, key_id, hash"""


@pytest.fixture(scope="session")
def six(database_url: str, test_run: TestRun) -> Iterator[tuple[str, str]]:
    """The name of a database with six entries, to be copied, and what `verify` says of them."""
    name = f"{test_run.database}_six"
    with a_copy(database_url, name, test_run.template) as url, pytest.MonkeyPatch.context() as monkeypatch:
        lms = at_the_command_line(url, monkeypatch)
        for person in ("a", "b", "c", "d", "e"):
            made = lms("users", "create", "--email", f"{person}@example.org", "--name", person, "--role", "student")
            assert made.exit_code == 0, made.output
        lms("users", "set-roles", "--email", "a@example.org", "--role", "instructor")
        yield name, verified(lms)


@pytest.fixture
def own_url(database_url: str, test_run: TestRun, six: tuple[str, str]) -> Iterator[str]:
    with a_copy(database_url, f"{test_run.database}_audit", six[0]) as url:
        yield url


@pytest.fixture
def noted(six: tuple[str, str]) -> str:
    """What `verify` says of the six entries."""
    return six[1]


def verified(lms: Lms) -> str:
    found = lms("audit", "verify")
    assert found.exit_code == 0, found.output
    return found.output.split()[-1]


def test_what_the_operator_does_names_the_operator(lms: Lms, sql: Sql, noted: str) -> None:
    assert re.fullmatch(r"6:[0-9a-f]{64}", noted)
    rows = sql("select via, operator, actor_id, action, before, after from audit_entries where seq >= 5 order by seq")
    who = ("cli", getpass.getuser(), None)
    assert rows == [
        (*who, "user.created", "{}", '{"roles":["student"]}'),
        (*who, "user.roles_changed", '{"roles":["student"]}', '{"roles":["instructor"]}'),
    ]


@pytest.mark.parametrize(
    ("tampering", "seq"),
    [
        ('update audit_entries set after = \'{"roles":["admin"]}\' where seq = 3', 3),
        ("update audit_entries set at = at + interval '1 microsecond' where seq = 3", 3),
        ("update audit_entries set ip = '192.0.2.1' where seq = 3", 3),
        ("update audit_details set ip = '192.0.2.1' where seq = 3", 3),
        ("update audit_details set salt = 'x' where seq = 3", 3),
        ("delete from audit_details where seq = 3", 3),
        ("update audit_entries set commitment = null where seq = 3", 3),
        ("update audit_entries set before = '{ }' where seq = 3", 3),
        ("delete from audit_entries where seq = 3", 3),
        ("delete from audit_entries where seq = 1", 1),
        ("delete from audit_entries where seq = 6", 6),
        ("delete from audit_entries where seq > 2", 3),
        ("delete from audit_entries", 1),
        ("delete from audit_entries where seq = 3; update audit_entries set seq = seq - 1 where seq > 3", 3),
        (f"insert into audit_entries (seq, {COLUMNS}) select 7, {COLUMNS} from audit_entries where seq = 6", 7),
        (f"insert into audit_entries (seq, {COLUMNS}) select 0, {COLUMNS} from audit_entries where seq = 1", 0),
        (
            """update audit_entries set seq = -seq where seq in (3, 4);
            update audit_entries set seq = 7 + seq where seq < 0""",
            3,
        ),
        (
            """update audit_head set seq = 5, hash = (select hash from audit_entries where seq = 5);
            delete from audit_entries where seq = 6""",
            5,
        ),
        ("update audit_head set seal = 'x'", 6),
        ("update audit_head set key_id = 'x'", 6),
        ("update audit_entries set key_id = 'x' where seq = 2", 2),
    ],
)
def test_the_first_entry_that_is_wrong_is_named(lms: Lms, sql: Sql, noted: str, tampering: str, seq: int) -> None:
    sql(tampering)
    found = lms("audit", "verify")
    assert (found.exit_code, found.output.startswith(f"Error: Entry {seq}: ")) == (1, True), found.output


def test_it_reads_a_few_at_a_time(lms: Lms, sql: Sql, noted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for batch in (1, 2, 5, 6):
        monkeypatch.setattr(audit, "BATCH", batch)
        assert verified(lms) == noted
    sql("delete from audit_entries where seq = 3")
    for batch in (1, 2, 5, 6):
        monkeypatch.setattr(audit, "BATCH", batch)
        assert "Entry 3: it is missing" in lms("audit", "verify").output


def test_an_old_head_that_is_brought_back_is_found_by_what_was_noted(lms: Lms, sql: Sql, noted: str) -> None:
    sql("create table saved as select * from audit_head")
    lms("users", "create", "--email", "f@example.org", "--name", "f", "--role", "student")
    later = verified(lms)
    for tip in (noted, later):
        assert lms("audit", "verify", "--noted", tip).exit_code == 0
    sql("""delete from audit_entries where seq > 6;
        update audit_head h set seq = s.seq, hash = s.hash, seal = s.seal, key_id = s.key_id from saved s""")
    assert verified(lms) == noted
    found = lms("audit", "verify", "--noted", later)
    assert (found.exit_code, found.output.startswith("Error: Entry 7: ")) == (1, True)
    assert lms("audit", "verify", "--noted", "7:zzz").exit_code == 2


def test_a_trail_without_its_head_is_told_and_nothing_is_changed_any_more(lms: Lms, sql: Sql, noted: str) -> None:
    sql("delete from audit_head")
    found = lms("audit", "verify")
    assert found.exit_code == 1
    made = lms("users", "create", "--email", "f@example.org", "--name", "f", "--role", "student")
    assert made.exit_code == 1
    assert sql("select count(*) from users") == [(5,)]


def test_with_another_key_nothing_is_taken_for_good(lms: Lms, noted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECURITY_SECRET_KEY", "x" * 40)
    found = lms("audit", "verify")
    assert (found.exit_code, found.output.startswith("Error: Entry 1: its key")) == (1, True)


def test_a_new_key_goes_on_where_the_older_one_ended(
    lms: Lms, sql: Sql, noted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the one that is made of the server's secret to one of its own, and from that to the next."""
    for name, key, older in (("f", "a", ""), ("g", "b", "a" * 40)):
        monkeypatch.setenv("AUDIT_KEY", key * 40)
        monkeypatch.setenv("AUDIT_OTHER_KEYS", older)
        lms("users", "create", "--email", f"{name}@example.org", "--name", name, "--role", "student")
        verified(lms)
    assert sql("select count(distinct key_id) from audit_entries") == [(3,)]
    monkeypatch.delenv("AUDIT_OTHER_KEYS")
    assert "Entry 7: its key" in lms("audit", "verify").output
    monkeypatch.setenv("AUDIT_KEY", "short")
    assert "AUDIT_KEY" in str(lms("audit", "verify").exception)
