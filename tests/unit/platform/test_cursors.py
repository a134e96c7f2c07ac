"""Cursors: every row once, in order, whatever the ties; and nothing but what an earlier answer gave."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_adapters.postgres.cursors import Cursors, Moment, Number, Real, Words
from lms_domain.kernel import Invalid, PageRequest, new_id

KINDS = (Moment, Words, Number)
ROW = st.tuples(
    st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1), max_value=datetime(2020, 1, 2)),  # noqa: DTZ001
    st.sampled_from(["", "a", "ä", "蜜蜂", "z" * 200]),
    st.integers(0, 2),
    st.uuids(),
)


def read(cursors: Cursors, cursor: str, page: int = 1) -> Any:
    return cursors.read(PageRequest(page=page, cursor=cursor))


@given(st.lists(ROW, unique_by=lambda row: row[-1], max_size=40), st.integers(1, 7))
def test_following_the_cursors_shows_every_row_once_and_in_order(rows: list[Any], size: int) -> None:
    cursors, ordered = Cursors("rows", kinds=KINDS), sorted(rows)
    seen: list[Any] = []
    after: Any = None
    while True:
        found = [row for row in ordered if after is None or row > after][: size + 1]
        seen += found[:size]
        if len(found) <= size:
            break
        after = read(cursors, cursors.write(found[size - 1][:-1], found[size - 1][-1]))
    assert seen == ordered


@given(st.text(max_size=80))
def test_what_was_made_up_is_refused_and_never_a_fault(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(Cursors("rows", kinds=KINDS), text)
    assert [problem.field for problem in refused.value.problems] == ["cursor"]


@given(st.binary(max_size=60), st.integers(0, 80))
def test_what_was_changed_by_hand_is_refused_or_has_the_right_types(noise: bytes, at: int) -> None:
    cursors = Cursors("rows", kinds=KINDS)
    good = cursors.write((datetime(2020, 1, 1, tzinfo=UTC), "a", 1), UUID(int=1))
    try:
        moment, words, number, id = read(cursors, good[:at] + noise.hex() + good[at:])
    except Invalid:
        return
    assert (type(moment), type(words), type(number), type(id)) == (datetime, str, int, UUID)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(Number, 1 << 31), (Number, -(1 << 31) - 1), (Words, "a\x00b"), (Moment, datetime(2020, 1, 1))],  # noqa: DTZ001
)
def test_no_value_comes_back_that_postgresql_could_not_take(kind: Any, value: Any) -> None:
    cursors = Cursors("rows", kinds=(kind,))
    with pytest.raises(Invalid):
        read(cursors, cursors.write((value,), new_id()))


def test_a_number_with_a_fraction_comes_back_as_it_was() -> None:
    cursors, id = Cursors("rows", kinds=(Real,)), new_id()
    assert read(cursors, cursors.write((0.1 + 0.2,), id)) == (0.1 + 0.2, id)


def test_a_cursor_belongs_to_the_question_it_was_an_answer_to() -> None:
    cursor = Cursors("rows", "bees", kinds=()).write((), new_id())
    assert read(Cursors("rows", "bees", kinds=()), cursor)
    for other in (Cursors("rows", "wasps", kinds=()), Cursors("rows", kinds=()), Cursors("rows", "bees", kinds=KINDS)):
        with pytest.raises(Invalid):
            read(other, cursor)


def test_a_cursor_and_the_number_of_a_page_exclude_each_other() -> None:
    cursors = Cursors("rows", kinds=())
    assert cursors.read(PageRequest(page=3)) is None
    with pytest.raises(Invalid) as refused:
        read(cursors, cursors.write((), new_id()), page=3)
    assert [problem.field for problem in refused.value.problems] == ["page"]
