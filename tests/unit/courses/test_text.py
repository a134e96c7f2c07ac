"""Text that people send: what is kept, what is mended, what is refused."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.kernel import Problem
from lms_domain.text import (
    SLUG,
    clean_json,
    clean_language,
    clean_slug,
    clean_text,
    clean_texts,
    clean_url,
    slugify,
)


def rules(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(p.field, p.rule) for p in problems]


def test_spaces_around_and_between_words_are_mended() -> None:
    problems: list[Problem] = []
    assert clean_text("  Bees\t and \n honey ", "title", problems, longest=20) == "Bees and honey"
    assert clean_text(" a\r\nb\rc ", "text", problems, longest=20, multiline=True) == "a\nb\nc"
    assert problems == []


def test_letters_are_composed_so_that_equal_looks_are_equal() -> None:
    assert clean_text("u\u0308", "title", [], longest=1) == "ü"


@pytest.mark.parametrize("bad", ["\x00", "a\x1b", "\x7f", "\x85", "\ud800", "\uffff"])
def test_what_no_reader_can_use_is_refused(bad: str) -> None:
    problems: list[Problem] = []
    clean_text(bad, "title", problems, longest=10, multiline=True)
    assert rules(problems) == [("title", "no control characters")]


@given(st.text(max_size=50))
def test_clean_text_is_clean_already_and_can_be_stored(text: str) -> None:
    problems: list[Problem] = []
    once = clean_text(text, "title", problems, longest=1000)
    assert problems or clean_text(once, "title", problems, longest=1000) == once
    once.encode()
    assert "\x00" not in once


def test_lengths_are_told_with_their_bounds() -> None:
    problems: list[Problem] = []
    clean_text(" ", "a", problems, longest=5, shortest=1)
    clean_text("123456", "b", problems, longest=5)
    assert rules(problems) == [("a", "1 to 5 characters"), ("b", "at most 5 characters")]


@pytest.mark.parametrize("unseen", ["\u202e", "\u200b\u2060", "\u00ad \u200d"])
def test_what_nobody_can_see_is_no_title(unseen: str) -> None:
    problems: list[Problem] = []
    clean_text(unseen, "title", problems, longest=10, shortest=1)
    assert problems == [Problem("title", "something that can be seen")]


def test_lists_lose_doubles_and_blanks_and_name_the_item() -> None:
    problems: list[Problem] = []
    assert clean_texts(["B", " ", "b", "A"], "tags", problems, longest=3, most=4, clean=str.casefold) == ["b", "a"]
    clean_texts(["ok", "long!"], "tags", problems, longest=3, most=4)
    clean_texts(["1", "2"], "tags", problems, longest=3, most=1)
    assert [p.field for p in problems] == ["tags[1]", "tags"]


@pytest.mark.parametrize(
    ("given_tag", "kept"),
    [
        ("en", "en"), ("EN-us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"), ("sl-rozaj", "sl-rozaj"),
        ("de-CH-1901", "de-CH-1901"), ("en-U-CA-gregory", "en-u-ca-gregory"),
    ],
)  # fmt: skip
def test_language_tags_get_their_usual_case(given_tag: str, kept: str) -> None:
    problems: list[Problem] = []
    assert clean_language(given_tag, "language", problems) == kept
    assert problems == []


@pytest.mark.parametrize("bad", ["", "e", "english please", "en_US", "en-", "en\n", "12", "x" * 40, "🐝"])
def test_what_is_no_language_tag_is_refused(bad: str) -> None:
    problems: list[Problem] = []
    clean_language(bad, "language", problems)
    assert [p.field for p in problems] == ["language"]


def subtags(pattern: str) -> st.SearchStrategy[list[str]]:
    """None or one of these."""
    return st.lists(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True), max_size=1)


TAGS = st.builds(
    lambda *parts: "-".join(itertools.chain(*parts)),
    st.from_regex(re.compile("[a-zA-Z]{2,3}"), fullmatch=True).map(lambda language: [language]),
    subtags("[a-zA-Z]{4}"),
    subtags("[a-zA-Z]{2}|[0-9]{3}"),
    subtags("[a-zA-Z0-9]{5,8}|[0-9][a-zA-Z0-9]{3}"),
    subtags("[a-wyzA-WYZ0-9]-[a-zA-Z0-9]{2,4}"),
    subtags("[xX]-[a-zA-Z0-9]{1,4}"),
)


@given(TAGS)
def test_the_usual_case_of_a_tag_is_a_tag(tag: str) -> None:
    problems: list[Problem] = []
    kept = clean_language(tag, "language", problems)
    assert kept.lower() == tag.lower()
    assert clean_language(kept, "language", problems) == kept
    assert problems == []


@given(st.text(max_size=200))
def test_a_made_slug_is_a_slug_or_empty(text: str) -> None:
    slug = slugify(text)
    assert slug == "" or (SLUG.fullmatch(slug) and len(slug) <= 80)
    assert slugify(slug) == slug


def test_slugs() -> None:
    problems: list[Problem] = []
    assert slugify("Größe & Maß: 10%!") == "grosse-mass-10"
    clean_slug("a-b-9", "slug", problems)
    assert problems == []
    for bad in ("", "-a", "a--b", "A", "a_b", "a" * 81, "ä", "a\n"):
        clean_slug(bad, "slug", problems)
    assert len(problems) == 8


@pytest.mark.parametrize(
    "good", ["https://example.org/a?b=c#d", "http://[::1]:80/", "/api/v1/assets/x/y.png", "HTTPS://x"]
)
def test_addresses_of_the_web_and_our_own_are_kept(good: str) -> None:
    problems: list[Problem] = []
    assert clean_url(good, "url", problems) == good
    assert problems == []


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "javascript:alert(1)",
        "//evil.example",
        "data:text/html,x",
        "https://",
        'https://x/"onload',
        "/a b",
        "ftp://x",
        "/\\evil",
        "http://[",
        "https://x:port/",
        "https://:80/",
    ],
)
def test_other_addresses_are_refused(bad: str) -> None:
    problems: list[Problem] = []
    clean_url(bad, "url", problems)
    assert problems


@pytest.mark.parametrize(
    "bad",
    [
        {"a": {"b": {"c": {"d": {"e": {}}}}}}, {"a": "x" * 20_000}, {"a": "\x00"}, {"\ud800": 1}, {"a": [1 << 63]},
        {"a": float("inf")}, {"a": float("nan")},
    ],
)  # fmt: skip
def test_json_that_cannot_be_stored_is_refused(bad: object) -> None:
    problems: list[Problem] = []
    clean_json(bad, "metadata", problems)
    assert [p.field for p in problems] == ["metadata"]


def test_json_is_kept_as_it_is() -> None:
    problems: list[Problem] = []
    value = {"a": {"b": {"c": {"d": [1, 2.5, None, True, "ü"]}}}}
    assert clean_json(value, "metadata", problems, max_depth=5) is value
    assert problems == []
