"""What a lesson holds, and what a learner may see of it."""

from typing import Any

import pytest

from lms_adapters.memory.courses_pages import PlainRendering
from lms_domain.courses.content import clean_content, for_learners, missing_in, readable
from lms_domain.courses.fields import category_key
from lms_domain.courses.model import LessonKind
from lms_domain.courses.revision import digest_of
from lms_domain.kernel import Problem

QUIZ = {"body": "Try it", "problems": [{"question": "2+2", "answer": "SECRET"}]}


def cleaned(kind: LessonKind, content: dict[str, Any]) -> dict[str, Any]:
    problems: list[Problem] = []
    result = clean_content(kind, content, PlainRendering(), "content", problems)
    assert problems == []
    return result


def test_a_text_is_kept_as_written_and_shown_as_html() -> None:
    kept = cleaned(LessonKind.TEXT, {"body": "1 < 2", "html": "<script>"})
    assert kept == {"format": "markdown", "body": "1 < 2", "html": "<p>1 &lt; 2</p>"}
    assert cleaned(LessonKind.TEXT, kept) == kept


def test_the_answers_of_a_quiz_reach_neither_learners_nor_the_search() -> None:
    kept = cleaned(LessonKind.QUIZ, QUIZ)
    assert for_learners(LessonKind.QUIZ, kept) == {"html": "<p>Try it</p>", "problem_count": 1}
    assert readable(kept, PlainRendering()) == "Try it"
    assert for_learners(LessonKind.ASSIGNMENT, {}) == {"html": "", "problem_count": 0}


@pytest.mark.parametrize(
    ("kind", "missing"),
    [("text", "body"), ("video", "url"), ("file", "url"), ("link", "url"), ("quiz", None), ("assignment", None)],
)
def test_what_learners_need_is_asked_for(kind: str, missing: str | None) -> None:
    assert missing_in(LessonKind(kind), {}) == missing


def test_a_search_finds_descriptions_and_transcripts() -> None:
    content = {"url": "/v", "description": "Swarm", "transcript": "Look up"}
    assert readable(content, PlainRendering()) == "Swarm\nLook up"


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest_of({"a": 1, "b": {"c": 2, "d": 3}}) == digest_of({"b": {"d": 3, "c": 2}, "a": 1})
    assert digest_of({"a": 1}) != digest_of({"a": "1"})


def test_categories_that_read_alike_are_one() -> None:
    assert {category_key(c) for c in ("Data Science", "data-science", " DATA  science!")} == {"data-science"}
    assert category_key("数学 入門") == "数学-入門"
    assert category_key("हिन्दी") == "हिन्दी"
    assert category_key("!?") == ""
