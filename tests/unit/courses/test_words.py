"""The words of a text: indexed and looked for by the same rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_domain.courses.passages import PASSAGE, passages
from lms_domain.courses.words import distinct, folded, spoken, within


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ships' e-mails, snake_case", "Ships e mails snake case"),
        ("C++, c# and F#; .NET, ASP.NET, #tag", "Cplusplus csharp and Fsharp dotnet ASP NET tag"),
        ("東京都", "東京 京都 都"),
        ("学Python", "学 Python"),
        ("한국어", "한국 국어 어"),
        ("ภาษาไทย", "ภา าษ ษา าไ ไท ทย ย"),
        ("हिन्दी", "हिन्दी"),
        ("\ufb01n so\u00adft", "fin soft"),
        ("x" * 100, "x" * 64),
        ("...", ""),
    ],
)
def test_words_are_cut(text: str, words: str) -> None:
    assert spoken(text) == words


@pytest.mark.parametrize(
    ("word", "plain"),
    [
        ("Łódź", "lodz"),
        ("øre", "ore"),
        ("Straße", "strasse"),
        ("Ærø", "aero"),
        ("œuvre", "oeuvre"),
        ("Iğdır", "igdir"),  # noqa: RUF001 - a letter of Turkish
        ("Þórður", "thordur"),
        ("Đà", "da"),
        ("Zoë", "zoe"),
        ("й", "й"),
        ("が", "が"),
    ],
)
def test_letters_lose_their_accents_and_stay_letters_of_their_own_elsewhere(word: str, plain: str) -> None:
    assert folded(spoken(word)) == plain


@given(st.text(max_size=60))
def test_folding_leaves_as_many_words_and_folds_them_once(text: str) -> None:
    words = spoken(text)
    assert len(folded(words).split()) == len(words.split())
    assert folded(folded(words)) == folded(words)


def test_words_are_kept_whole_within_bytes() -> None:
    assert within("bees hive", 9) == "bees hive"
    assert within("bees hive", 8) == "bees"
    assert within("bees", 3) == ""
    assert within("żółć miód", 10) == "żółć"  # eight bytes and a space


def test_distinct_words_stay_in_their_order() -> None:
    assert distinct(["b a b", "c a"]) == ["b", "a", "c"]


@given(st.text("ab. \n", max_size=3 * PASSAGE))
def test_passages_are_the_text_and_none_is_too_long(text: str) -> None:
    pieces = passages(text)
    assert "".join(pieces) == text
    assert all(len(piece) <= PASSAGE for piece in pieces)


def test_a_passage_ends_where_a_paragraph_does() -> None:
    first, second = "a " * 300, "b " * 300
    assert passages(f"{first}\n{second}") == [f"{first}\n", second]
