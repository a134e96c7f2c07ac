"""Misspelled words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.courses.spelling import distance, mended, searched_words, trigrams, words_of

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
        ("foret", {"foret": ["forêt", "forge"]}, None),
        ("forat", {"forat": ["forêt"]}, "forêt"),
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


def test_words_to_propose_are_long_enough_the_first_ones_and_sorted() -> None:
    assert words_of(["The Bees keep 2030 東京都庁", "honey"], most=10) == ["bees", "honey", "keep"]
    assert words_of(["The Bees keep 2030", "honey", "ale"], most=2) == ["bees", "keep"]


def test_short_words_are_not_mended() -> None:
    assert searched_words("Art of beekeping, beekeping 東京都庁") == ["beekeping"]
