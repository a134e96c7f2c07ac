"""Markup that was made to be slow: it is not parsed, or its work is bounded, so that nobody waits for it.

Parsing runs in the event loop. These tests count what a parser is given and what it gives; they measure no time.
"""

import nh3
import pyromark
import pytest
from tests.unit.archives.samples import HTML

from lms_adapters.content.cost import is_costly
from lms_domain.courses.content import LONGEST_TEXT, clean_content
from lms_domain.courses.model import LessonKind
from lms_domain.kernel import Problem

FORMATTING = "<b><i><u><em><strong><small><s><tt><code><big><font><a>"


def filled(unit: str) -> str:
    """As much of it as a lesson may hold."""
    return (unit * (LONGEST_TEXT // len(unit) + 1))[:LONGEST_TEXT]


# Each took a Markdown parser written in Python 0.5 to 6 s: most by the square of their length.
SLOW_MARKDOWN = [
    *"[*_`<&|\n", "![", "[]", "[a](", "[a](b", "[]()", "[a][", "[[]", '[x]("', "[a](((", "[a]\n", "[a]: b\n",
    "](", "**a", "***a", "a***", "a_", "*a_b", "_a__b_", "`a", "`\n", "> ", "> - ", "- ", "* a\n", "1. ", "+ ", "a\n",
    "a\n=\n", "# a\n", "|a\n", "a|\n-|\n", "<a", "<x\n", "<!--", "<?", "<![CDATA[", "<http://a>", "&amp;", "&#1;", "&a",
    "<&", "\\",
]  # fmt: skip
SLOW_MARKDOWN_AT_LENGTH = {
    "a quote that goes on": "> " * 50 + "a\n" * 75_000,
    "brackets that close": "[" * 75_000 + "]" * 75_000,
    "links in links": "[a" * 30_000 + "](b)" * 15_000,
    "code in ever more ticks": " ".join("`" * n for n in range(1, 547)),
    "lists in lists": "".join("  " * n + "- a\n" for n in range(386)),
    "rows without cells": "a|" * 20 + "\n" + "-:|" * 20 + "\n" + "a\n" * 74_000,
    "a wide table": "a|" * 5_000 + "\n" + "-:|" * 5_000 + "\n" + "a\n" * 60_000,
    "many names of links": "".join(f"[a{n}]: b\n" for n in range(15_000)),
}
HOSTILE_MARKDOWN = {repr(unit): filled(unit) for unit in SLOW_MARKDOWN} | {
    name: text[:LONGEST_TEXT] for name, text in SLOW_MARKDOWN_AT_LENGTH.items()
}
# What the sanitizer would need 0.1 to 38 s for.
HOSTILE_HTML = {
    "depth": "<div>" * 100_000,
    "depth of unknown elements": "<x><y></z>" * 15_000,
    "depth within": "<div></p>" * 15_000,
    "open formatting": "<p>" + FORMATTING * 3 + "<p>x" * 20_000,
    "open formatting in a list": "<ul><li>" + FORMATTING + "<li>x" * 20_000,
    "a table without cells": "<table>" + "<br>" * 37_000,
    "texts in a table without cells": "<table>" + "x<b></b>" * 15_000,
    "attributes": "<b " + " ".join(f"{n:x}" for n in range(30_000)) + ">",
    "attributes apart by slashes": "<b/" + "/".join(f"{n:x}" for n in range(30_000)) + ">",
    "references": "&" * LONGEST_TEXT,
    "fixed spaces": "x\xa0" * 75_000,
    "references in an address": "<a href='" + "&" * 149_000 + "'>x</a>",
}


def sent(body: str, format: str) -> str:
    """The HTML of a lesson that an author sends."""
    problems: list[Problem] = []
    content = clean_content(LessonKind.TEXT, {"body": body, "format": format}, HTML, "content", problems)
    assert problems == []
    return str(content["html"])


@pytest.mark.parametrize("text", HOSTILE_MARKDOWN.values(), ids=HOSTILE_MARKDOWN.keys())
def test_no_markdown_becomes_more_than_can_be_sanitized_quickly(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []
    clean = nh3.clean

    def noting(html: str, **options: object) -> str:
        given.append(html)
        return clean(html, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(nh3, "clean", noting)
    html = sent(text, "markdown")
    assert all(len(each) <= 1_000_000 and each.count("<") <= 80_000 and not is_costly(each) for each in given)
    assert given or html.startswith("<pre>")
    assert len(html) <= 1_100_000


@pytest.mark.parametrize("columns", [1, 20, 1_000, 5_000])
def test_the_markdown_parser_itself_bounds_what_short_rows_of_a_table_become(columns: int) -> None:
    head = "a|" * columns + "\n" + "-:|" * columns + "\n"
    html = pyromark.html((head + "a\n" * LONGEST_TEXT)[:LONGEST_TEXT], options=pyromark.Options.ENABLE_TABLES)
    assert len(html) < 12_000_000  # 100 columns and 70,000 rows would be 260,000,000


@pytest.mark.parametrize("html", HOSTILE_HTML.values(), ids=HOSTILE_HTML.keys())
def test_hostile_html_is_shown_as_it_was_written_and_never_parsed(html: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nh3, "clean", None)
    shown = sent(html[:LONGEST_TEXT], "html")
    assert shown.startswith("<pre>")
    assert HTML.plain_text(html)
    assert "<b" not in shown


def test_markdown_that_holds_hostile_html_is_shown_as_it_was_written() -> None:
    shown = sent("<div>\n" + HOSTILE_HTML["open formatting"], "markdown")
    assert shown.startswith("<pre>&lt;div&gt;")


def test_an_address_that_a_parser_would_repeat_is_bounded() -> None:
    html = f'<p><a href="/{"x" * 75_000}">' + "<p>x" * 1_000
    assert len(nh3.clean(html)) > 70_000_000
    assert sent(html, "html").startswith("<pre>")


ORDINARY = [
    "<strong>" + "<p>a</p>" * 2_000 + "</strong>",
    "<table>" + "<tr><td><b>a</b><br>b</td></tr>" * 3_000 + "</table>",
    "a&nbsp;" * 20_000,
    '<p title="a">' * 5_000,
    f'<img src="data:image/png;base64,{"iVBORw0KGgoAAAANSUhEUgAA/" * 20_000}">',
]


@pytest.mark.parametrize("html", ORDINARY, ids=["formatting", "table", "spaces", "paragraphs", "picture"])
def test_ordinary_html_stays_whatever_its_length(html: str) -> None:
    assert not is_costly(html)


def test_a_long_ordinary_text_is_rendered() -> None:
    page = "# Title\n\nSome *words* and [a link](https://example.org).\n\n- one\n- two\n\n|a|b|\n|-|-|\n|1|2|\n\n"
    html = HTML.markdown_to_html(page * 1_500)
    assert html.count("<h1>Title</h1>") == html.count("<td>1</td>") == 1_500
