"""Words as a search sees them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.courses.search import (
    configuration_of,
    distance,
    last_word,
    mended,
    pairs,
    plain,
    trigrams,
    words_of,
)

WORDS = st.text("abcdefg", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("a", "b", "letters"),
    [("bee", "bee", 0), ("bee", "be", 1), ("bee", "bea", 1), ("bee", "ebe", 1), ("bread", "braed", 1), ("a", "xyz", 3)],
)
def test_distance_counts_letters_added_dropped_changed_or_swapped(a: str, b: str, letters: int) -> None:
    assert distance(a, b) == letters


@given(WORDS, WORDS)
def test_distance_is_the_same_both_ways_and_bounded(a: str, b: str) -> None:
    assert distance(a, b) == distance(b, a)
    assert abs(len(a) - len(b)) <= distance(a, b) <= max(len(a), len(b))
    assert (distance(a, b) == 0) == (a == b)


def test_trigrams_are_cut_as_pg_trgm_cuts_them() -> None:
    assert trigrams("bee") == ["  b", " be", "bee", "ee "]


@pytest.mark.parametrize(
    ("search", "candidates", "corrected"),
    [
        ("beekeping", {"beekeping": ["beekeeping", "housekeeping"]}, "beekeeping"),
        ("black bred", {"black": ["black"], "bred": ["bread", "breed"]}, "black bread"),
        ("bees", {"bees": ["bees"]}, None),
        ("zzzz", {"zzzz": ["bees"]}, None),
        ("zzzz", {}, None),
    ],
)
def test_each_word_is_mended_by_its_nearest(
    search: str, candidates: dict[str, list[str]], corrected: str | None
) -> None:
    assert mended(search, candidates) == corrected


@given(WORDS, st.lists(WORDS, max_size=5))
def test_a_word_that_exists_is_left_alone(word: str, others: list[str]) -> None:
    assert mended(word, {word: [word, *others]}) is None


@pytest.mark.parametrize(
    ("search", "head", "prefix"),
    [
        ("photo", "", "photo"),
        ("night Photo", "night", "photo"),
        ('"night photo"', '"night photo"', ""),
        ("night -photo", "night -photo", ""),
        ("night or photo", "night or photo", ""),
        ("c++", "c++", ""),
        ("東京", "東京", ""),
        ("", "", ""),
    ],
)
def test_the_last_word_may_be_a_beginning_unless_there_are_operators(search: str, head: str, prefix: str) -> None:
    assert last_word(search) == (head, prefix)


def test_accents_go_and_unspaced_scripts_come_in_pairs() -> None:
    assert plain("Café Zoë") == "Cafe Zoe"
    assert pairs("東京都") == ["東京", "京都"]
    assert plain("東京都へ行く").split() == ["東京", "京都", "都へ", "へ行", "行く"]


@pytest.mark.parametrize(
    ("language", "configuration"), [("en", "english"), ("pt-BR", "portuguese"), ("DE", "german"), ("ja", "simple")]
)
def test_a_language_has_its_configuration(language: str, configuration: str) -> None:
    assert configuration_of(language) == configuration


def test_words_to_propose_are_long_enough_and_sorted() -> None:
    assert words_of(["The Bees keep 2030", "honey"], most=10) == ["bees", "honey", "keep"]
    assert words_of(["The Bees keep 2030", "honey"], most=2) == ["bees", "honey"]
