"""Codes that open a course."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.enrollments.codes import (
    CHOSEN,
    CROCKFORD,
    LONGEST,
    CodeDraft,
    EnrollmentCode,
    as_stored,
    generated,
)
from lms_domain.enrollments.errors import CodeExpired, CodeUsedUp
from lms_domain.kernel import CourseId, Invalid, UserId, new_id

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def a_code(**draft: Any) -> EnrollmentCode:
    return EnrollmentCode.make(CourseId(new_id()), CodeDraft(**draft), by=UserId(new_id()), now=NOW)


def test_generated_codes_can_be_read_aloud_and_not_be_guessed() -> None:
    code = generated()
    assert set(code) <= {*CROCKFORD, "-"}
    assert len({generated() for _ in range(100)}) == 100
    assert as_stored(code) == code


def test_people_may_write_a_code_in_small_letters() -> None:
    assert a_code(code=" spring-2031 ").code == "SPRING-2031"


def test_every_problem_of_a_draft_is_named_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        a_code(code="a b", max_uses=0, expires_at=NOW, note="\0")
    assert [p.field for p in refused.value.problems] == ["code", "max_uses", "expires_at", "note"]


def test_a_code_is_used_as_often_as_it_says() -> None:
    code = a_code(max_uses=2)
    for _ in range(2):
        list(code.redeem(UserId(new_id()), now=NOW))
    with pytest.raises(CodeUsedUp):
        list(code.redeem(UserId(new_id()), now=NOW))


def test_a_code_without_a_limit_is_never_used_up() -> None:
    code = a_code(max_uses=None)
    for _ in range(100):
        list(code.redeem(UserId(new_id()), now=NOW))
    assert code.uses == 100


def test_a_code_ends_at_its_time() -> None:
    code = a_code(expires_at=NOW + timedelta(hours=1))
    code.must_be_good(NOW + timedelta(minutes=59))
    with pytest.raises(CodeExpired):
        code.must_be_good(NOW + timedelta(hours=1))


@given(st.text(max_size=60))
def test_what_people_type_becomes_a_code_or_nothing(typed: str) -> None:
    stored = as_stored(typed)
    assert stored == "" or (CHOSEN.fullmatch(stored) and len(stored) <= LONGEST)
