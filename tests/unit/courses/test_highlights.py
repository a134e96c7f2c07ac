"""Marks in what a search found, and the piece of text around them."""

import pytest

from lms_domain.courses.highlights import BEGIN, END, EXCERPT, Marker


@pytest.mark.parametrize(
    ("search", "text", "marked"),
    [
        ("lodz", "In Łódź & there", "In <mark>Łódź</mark> &amp; there"),
        ("lo", "In Łódź", "In <mark>Łódź</mark>"),
        ("c++", "Of C and C++", "Of C and <mark>C++</mark>"),
        (".net c#", "C#, <.NET>", "<mark>C#</mark>, &lt;<mark>.NET</mark>&gt;"),
        ("京都", "東京都", "東<mark>京都</mark>"),
        ("東京都", "東京都は京都ではない", "<mark>東京都</mark>は京都ではない"),
        ("京", "東京", "東<mark>京</mark>"),
        ("zurich -bees", "Zürich, bees", "<mark>Zürich</mark>, bees"),
        ("bees", f"Ü {BEGIN}bee{END}", "Ü <mark>bee</mark>"),
    ],
)
def test_words_are_marked_as_they_are_written(search: str, text: str, marked: str) -> None:
    assert Marker(search).marked(text) == marked


def test_an_excerpt_is_cut_at_spaces_around_the_first_mark() -> None:
    text = "before " * 100 + f"{BEGIN}bees{END} " + "after " * 100
    found = Marker("bees").excerpt(text)
    assert "<mark>bees</mark>" in found
    assert found.startswith("before ")
    assert found.endswith("after")
    assert len(found) <= EXCERPT + len("<mark></mark>")


def test_an_excerpt_without_a_mark_is_the_beginning() -> None:
    assert Marker("bees").excerpt("honey " * 100).startswith("honey honey")
