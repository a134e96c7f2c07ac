"""Ids, problems and versions."""

import time
from uuid import UUID

import pytest

from lms_domain.kernel import Invalid, LmsError, Outdated, Problem, Secret, must_be_current, new_id, refuse_if_any


def test_ids_are_version_7_and_carry_the_time_they_were_made() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    after = time.time_ns() // 1_000_000

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before <= made.int >> 80 <= after


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_later_ids_sort_after_earlier_ones() -> None:
    first = new_id()
    time.sleep(0.002)
    assert first < new_id()
    assert isinstance(first, UUID)


def test_every_problem_is_named_at_once() -> None:
    problems = [Problem("title", "at least 1 character"), Problem("seats", "at least 1")]
    with pytest.raises(Invalid) as caught:
        refuse_if_any(problems)
    assert caught.value.problems == tuple(problems)
    assert caught.value.details == {"problems": problems}


def test_no_problem_is_no_refusal() -> None:
    refuse_if_any([])


def test_the_version_the_caller_read_must_be_the_current_one() -> None:
    must_be_current(3, None)
    must_be_current(3, 3)
    with pytest.raises(Outdated) as caught:
        must_be_current(3, 2)
    assert caught.value.details == {"current_version": 3, "expected_version": 2}


def test_an_error_is_coded_by_its_name() -> None:
    class NoSeatsLeft(LmsError):
        message = "No seats are left."

    assert NoSeatsLeft(seats=1).code == "no_seats_left"
    assert str(NoSeatsLeft()) == "No seats are left."


def test_a_secret_shows_itself_to_nobody_who_does_not_ask() -> None:
    secret = Secret("hunter2")
    assert "hunter2" not in f"{secret!r} {secret!s} {secret}"
    assert secret.reveal() == "hunter2"
    assert secret == Secret("hunter2")
    assert {secret} == {Secret("hunter2")}
