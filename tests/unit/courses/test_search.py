"""A search as it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.courses.search import Question, configuration_of


@pytest.mark.parametrize(
    ("search", "folded"),
    [
        ("", ""),
        ("'", ""),
        ("-", ""),
        ("photo", "'photo':*"),
        ("night Photo", "('night') & 'photo':*"),
        ("Łódź", "'lodz':*"),
        ("e-mail", "'e' <-> 'mail':*"),
        ("c++", "'cplusplus':*"),
        ('"night photo"', "('night' <-> 'photo')"),
        ("night -photo", "('night')"),
        ("night or photo", "('night') | ('photo')"),
        ("a b or c", "('a' & 'b') | ('c')"),
        ("or", "'or':*"),
        ("or blanc", "('or') & 'blanc':*"),
        ("rye or", "('rye')"),
        ("東", "'東':*"),
        ("東京", "'東京':*"),
        ("東京都", "'東京':* <-> '京都':*"),
        ("学Python", "'学':* <-> 'python':*"),
    ],
)
def test_a_search_as_postgresql_reads_it(search: str, folded: str) -> None:
    assert Question.of(search).texts()["folded"] == folded


def test_the_last_word_is_read_as_a_word_and_as_a_beginning() -> None:
    texts = Question.of("les Forêts").texts()
    assert (texts["head"], texts["last"], texts["begun"]) == ("('les')", "'Forêts'", "'forets':*")


def test_what_is_left_out_is_left_out_of_all_alternatives() -> None:
    question = Question.of('rye or wheat -bées -"black bread"')
    assert question.unwanted == ("bées", "black bread")
    assert question.texts()["unwanted_folded"] == "('bees') | ('black' <-> 'bread')"


@pytest.mark.parametrize(
    ("search", "has_phrases"), [("a b", False), ('"a b"', True), ("e-mail", True), ("東京", False)]
)
def test_words_beside_each_other_are_a_phrase(search: str, *, has_phrases: bool) -> None:
    assert Question.of(search).has_phrases is has_phrases


@given(st.text(max_size=40))
def test_no_search_breaks_out_of_its_quotes(search: str) -> None:
    for text in Question.of(search).texts().values():
        outside = "".join(text.split("'")[::2])
        assert set(outside) <= set(" &|()<->:*")


@pytest.mark.parametrize(
    ("language", "configuration"), [("en", "english"), ("pt-BR", "portuguese"), ("DE", "german"), ("ja", "simple")]
)
def test_a_language_has_its_configuration(language: str, configuration: str) -> None:
    assert configuration_of(language) == configuration
