"""Lists of learners as staff send them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.enrollments.roll import MOST_ROWS, RollRow, checked, from_csv
from lms_domain.kernel import Invalid, UserId, new_id


def test_a_header_names_the_columns() -> None:
    id = UserId(new_id())
    assert from_csv(f"user_id,expires_at\n{id},2031-01-31T00:00:00Z\n".encode()) == [
        RollRow(user_id=id, expires_at=datetime(2031, 1, 31, tzinfo=UTC))
    ]


def test_spreadsheets_write_a_byte_order_mark_semicolons_and_blank_lines() -> None:
    data = "\ufeffEmail;Expires_At\r\nada@example.org;\r\n\r\n;\r\nbob@example.org\r\n".encode()
    assert [row.email for row in from_csv(data)] == ["ada@example.org", "bob@example.org"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ("naïve@example.org".encode("latin-1"), "body"),
        (b"email\na\0b\n", "body"),
        (b'email\n"open', "body"),
        (b"", "header"),
        (b"ada@example.org\n", "header"),
        (b"email,shoe_size\n", "header"),
        (b"email,email\n", "header"),
        (b"expires_at\n", "header"),
        (b"email\n" + b"a@b.c\n" * (MOST_ROWS + 1), "rows"),
    ],
)
def test_what_is_not_such_a_list_is_refused_as_a_whole(data: bytes, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_csv(data)
    assert refused.value.problems[0].field == field


SOMEBODY = "01a20700-0000-7000-8000-000000000000"


@pytest.mark.parametrize(
    "line", ["not-an-id,", "a,b,c", f"{'x' * 400},", f"{SOMEBODY},tomorrow", f"{SOMEBODY},2031-01-31T00:00:00"]
)
def test_a_bad_row_spoils_only_itself(line: str) -> None:
    [bad, good] = from_csv(f"user_id,expires_at\n{line}\n{new_id()},\n".encode())
    assert bad.problem is not None
    assert good.problem is None


@pytest.mark.parametrize("count", [0, MOST_ROWS + 1])
def test_a_list_has_one_to_ten_thousand_rows(count: int) -> None:
    with pytest.raises(Invalid):
        checked([RollRow(email="a@b.c")] * count)


def test_email_addresses_are_compared_without_case() -> None:
    assert RollRow(email=" Ada@Example.ORG ").folded_email == "ada@example.org"
    assert RollRow(email="a\0b").folded_email is None
    assert RollRow().folded_email is None


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_refused(data: bytes) -> None:
    try:
        rows = from_csv(b"email\n" + data)
    except Invalid:
        return
    assert all(isinstance(row, RollRow) for row in rows)
