"""Every letter has its words in every language, says all that it is given, and is fooled by nothing in it."""

import dataclasses
import html
import re
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lms_adapters.mail.messages import Messages
from lms_adapters.mail.pages import TemplatePages
from lms_adapters.mail.rendering import LANGUAGES, TEMPLATES, LetterTemplates, language_of
from lms_adapters.mail.samples import sample
from lms_domain.mailing import Letter, LetterKind, UnsubscribeStep
from lms_domain.notifications.model import NotificationKind
from lms_entrypoints.cli.__main__ import lms
from lms_entrypoints.http.languages import languages_of

KINDS, SITE = list(LetterKind), "Bee school"
TEMPLATED = LetterTemplates(SITE)
NOT_VERBATIM = {"because", "html", "text"}
NASTY = "<script>alert(1)</script> & \"quotes\" 'too'"


def words(value: Any) -> list[str]:
    """What must be read in the letter of a value."""
    if isinstance(value, list):
        return [each["values"]["url"] for each in value]
    return [] if isinstance(value, datetime | timedelta) else [str(value)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_says_all_that_it_is_given(kind: LetterKind, language: str) -> None:
    letter = sample(kind, language)
    rendered = TEMPLATED.render(letter)
    assert rendered.subject
    assert "\n" not in rendered.subject
    assert f'<html lang="{language}">' in rendered.html
    for name, value in letter.values.items():
        for word in words(value) if name not in NOT_VERBATIM else []:
            assert word in f"{rendered.subject}\n{rendered.text}", name
            assert word in html.unescape(rendered.html), name
    assert (letter.unsubscribe_url or SITE) in rendered.text
    assert (letter.unsubscribe_url or SITE) in rendered.html


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_is_translated(kind: LetterKind) -> None:
    texts = {TEMPLATED.render(sample(kind, language)).text for language in LANGUAGES}
    assert len(texts) == len(LANGUAGES)


def test_there_is_no_template_that_nothing_uses() -> None:
    expected = {f"{kind}.jinja" for kind in KINDS} | {"footer.jinja", "unsubscribe.jinja"}
    for language in LANGUAGES:
        assert {each.name for each in (TEMPLATES / language).iterdir()} == expected


@pytest.mark.parametrize(
    ("locale", "language"), [("de-AT", "de"), ("DE", "de"), ("fr", "fr"), ("pt-BR", "en"), ("zh-Hant-TW", "en")]
)
def test_who_reads_another_language_is_written_to_in_the_nearest(locale: str, language: str) -> None:
    assert language_of(locale) == language
    assert TEMPLATED.render(sample(LetterKind.ACCESS_ENDING, locale)).text


def test_moments_are_told_as_the_reader_tells_them() -> None:
    def at(locale: str, zone: str) -> str:
        letter = dataclasses.replace(sample(LetterKind.ACCESS_ENDING, locale), timezone=zone)
        return re.sub(r"\s", " ", TEMPLATED.render(letter).text)

    assert "14 March 2027, 09:26 (Europe/London)" in at("en-GB", "Europe/London")
    assert "March 14, 2027, 5:26 AM (America/New York)" in at("en", "America/New_York")
    assert "14. März 2027, 10:26 (Europe/Vienna)" in at("de", "Europe/Vienna")


def nasty(letter: Letter) -> Letter:
    def spoilt(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: [{**item, "values": spoilt(item["values"])} for item in value]
            if isinstance(value, list)
            else NASTY
            if isinstance(value, str) and name not in {"html", "because"}
            else value
            for name, value in values.items()
        }

    return dataclasses.replace(letter, values=spoilt(letter.values))


@pytest.mark.parametrize("kind", KINDS)
def test_what_people_write_is_text_in_html(kind: LetterKind) -> None:
    """The body of an announcement alone is HTML, which its author's Markdown was made safe as."""
    rendered = TEMPLATED.render(nasty(sample(kind, "en")))
    assert "<script" not in rendered.html
    assert "&amp;amp;" not in rendered.html
    if "course" in sample(kind, "en").values:
        assert NASTY in rendered.subject + rendered.text


def test_a_subject_is_one_line_and_no_header() -> None:
    letter = sample(LetterKind.ENROLLED, "en")
    letter = dataclasses.replace(
        letter, values={**letter.values, "course": "Bees\r\nBcc: all@example.org\r\n\r\nHello"}
    )
    message = message_from_bytes(bytes(Messages("lms@example.org").of(letter)), policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "You are on the course Bees Bcc: all@example.org Hello"


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_any_title_makes_a_letter(course: str, title: str) -> None:
    letter = sample(LetterKind.GRADE, "de")
    letter = dataclasses.replace(letter, values={**letter.values, "course": course, "title": title})
    rendered = TEMPLATED.render(letter)
    assert course.split() == [] or course.split(maxsplit=1)[0] in rendered.text
    assert "<script" not in rendered.html


def test_no_character_of_a_name_or_a_title_breaks_a_line() -> None:
    """But for what is white space, and only that parts words: whatever can be sent to us as UTF-8."""
    every = "".join(chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    every = "".join(every.split())
    letter = sample(LetterKind.ENROLLED, "en")
    rendered = TEMPLATED.render(replace(letter, values={**letter.values, "name": every, "course": every}))
    assert f'Hello {every},\n\nyou have a place on the course "{every}". Begin' in rendered.text
    assert html.unescape(rendered.html).count(every) == 4  # the subject is a title and a heading


def test_what_was_written_keeps_its_lines() -> None:
    rendered = TEMPLATED.render(sample(LetterKind.ANNOUNCEMENT, "en"))
    assert "On **Friday** we meet at the hives.\n\n- a hat\n- gloves\n\nTo the course:" in rendered.text
    assert "<ul>\n<li>a hat</li>\n<li>gloves</li>\n</ul>" in rendered.html


def test_what_was_written_keeps_its_indentation() -> None:
    written = "- hats\n  - with veils\n\n      bees = 40_000\n"
    letter = sample(LetterKind.ANNOUNCEMENT, "en")
    letter = replace(letter, values={**letter.values, "text": written})
    assert written in TEMPLATED.render(letter).text


def test_a_letter_tells_what_its_kind_tells() -> None:
    with pytest.raises(TypeError, match="tells course, name, url"):
        Letter(id=sample(LetterKind.WELCOME, "en").id, kind=LetterKind.ENROLLED, to="a@example.org", values={"url": ""})


@pytest.mark.parametrize("kind", KINDS)
def test_every_letter_can_be_looked_at(kind: LetterKind) -> None:
    shown = CliRunner().invoke(lms, ["mail", "preview", kind.value, "--language", "fr"])
    assert shown.exit_code == 0, shown.output
    rendered = LetterTemplates("LMS").render(sample(kind, "fr"))
    assert shown.stdout == f"{rendered.subject}\n\n{rendered.text}"
    assert CliRunner().invoke(lms, ["mail", "preview", kind.value, "--html"]).stdout.startswith("<!doctype html>")


@pytest.mark.parametrize("step", UnsubscribeStep)
@pytest.mark.parametrize("what", [*NotificationKind, LetterKind.DIGEST])
def test_the_page_that_turns_letters_off_speaks_every_language(step: UnsubscribeStep, what: str) -> None:
    pages = {TemplatePages().unsubscribing(step, what, [language]) for language in LANGUAGES}
    assert len(pages) == len(LANGUAGES)
    assert ("<form" in pages.pop()) is (step is UnsubscribeStep.ASK)


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("pt, fr ;q=0.8 ,de;q=0.9", "de"),
        ("en;q=0.5,FR", "fr"),
        ("pl", "en"),
        ("de;q=0, fr;q=0.001", "fr"),
        ("*, <script>, de;q=2, de;q=x, ;", "en"),
        ("", "en"),
    ],
)
def test_a_browser_says_in_which_language(asked: str, language: str) -> None:
    page = TemplatePages().unsubscribing(UnsubscribeStep.NOT_GOOD, "", languages_of(asked))
    assert f'<html lang="{language}">' in page


def test_the_kinds_are_listed() -> None:
    listed = CliRunner().invoke(lms, ["mail", "kinds"])
    assert listed.stdout.split() == [kind.value for kind in KINDS]
    assert CliRunner().invoke(lms, ["mail", "preview", "love"]).exit_code == 2
