"""What is written for the site is read in a letter, where a path alone leads nowhere."""

from typing import Any
from urllib.parse import unquote

import pyromark
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.archives.samples import HTML

from lms_adapters.content.markdown import OPTIONS
from lms_adapters.security.links import SealedLinks
from lms_adapters.security.seals import HmacSeals

SITE, API = "https://school.example.org/lms", "https://api.example.org"
absolute = SealedLinks(HmacSeals("k" * 32), f"{SITE}/", API).absolute


def destinations(markdown: str) -> set[str]:
    """Of what is written as a link or an image, with brackets."""
    events: Any = pyromark.events(markdown, options=OPTIONS)
    starts = [event["Start"] for event in events if "Start" in event]
    links = [start.get("Link") or start.get("Image") for start in starts if isinstance(start, dict)]
    return {link["dest_url"] for link in links if link and link["link_type"] not in {"Autolink", "Email"}}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/courses/bees", f"{SITE}/courses/bees"),
        ("courses/bees?a=1#b", f"{SITE}/courses/bees?a=1#b"),
        ("?page=2", f"{SITE}/?page=2"),
        ("/api/v1/assets/1", f"{API}/api/v1/assets/1"),
        ("/\t/elsewhere.example", f"{SITE}/\t/elsewhere.example"),
        ("/javascript:alert(1)", f"{SITE}/javascript:alert(1)"),
        ("https://[", "https://["),
    ],
)
def test_what_has_no_host_is_given_the_sites(written: str, read: str) -> None:
    assert absolute(written) == read


@pytest.mark.parametrize("address", ["https://example.net/a", "HTTP://example.net", "mailto:a@b.c", "lesson:1"])
def test_what_leads_somewhere_stays(address: str) -> None:
    assert absolute(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "#hives",
        "#",
        "",
        "//elsewhere.example/x",
        r"/\elsewhere.example",
        r"\\elsewhere.example",
        "/%5celsewhere.example",
    ],
)
def test_a_place_on_the_page_and_a_host_without_a_scheme_are_no_address(address: str) -> None:
    assert absolute(address) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("é [a](/b)", "é [a](/B)"),
        ('[a](/b "/b") and [a](</b>)', '[a](/B "/b") and [a](</B>)'),
        ("[![i](/b)](/b) ![/b](/b)", "[![i](/B)](/B) ![/b](/B)"),
        ("[a]\n\n[a]: /b '/b'\n> [c]: </b>", "[a]\n\n[a]: /B '/b'\n> [c]: </B>"),
        ("<a href='/b'>/b</a>\n\n<img alt=1 SRC=\"/b\">", "<a href='/B'>/b</a>\n\n<img alt=1 SRC=\"/B\">"),
        ("`[a](/b)` /b \\[a](/b)\n\n    [a](/b)\n", "`[a](/b)` /b \\[a](/b)\n\n    [a](/b)\n"),
        ("[a]() [/b] https://b", "[a]() [/b] https://b"),
    ],
)
def test_addresses_alone_are_changed(written: str, read: str) -> None:
    assert HTML.readdressed_markdown(written, str.upper) == read
    assert HTML.readdressed_html(HTML.markdown_to_html(written), str.upper) == HTML.markdown_to_html(read)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"[a](/b\_\(c\))", f"[a]({SITE}/b_%28c%29)"),
        (r"[a](<\/b> 'c')", f"[a](<{SITE}/b> 'c')"),
        ("[a](\n/b&amp;c )", f"[a](\n{SITE}/b&c )"),
        (r"> [a\](/](/b\_c)", rf"> [a\](/]({SITE}/b_c)"),
        ("> [a]\n>\n> [a]:\n> /b\\_c", f"> [a]\n>\n> [a]:\n> {SITE}/b_c"),
        ("<a href='/b?c&amp;d'>e</a>", f"<a href='{SITE}/b?c&amp;d'>e</a>"),
    ],
)
def test_an_address_that_is_written_with_escapes_is_read_without(written: str, read: str) -> None:
    assert HTML.readdressed_markdown(written, absolute) == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[**a** `b`](#c 'd') ![e](//f)", "**a** `b` e"),
        (r"[a](/\\f) [b](\/\/f) [c](/\f) [d](&#47;/f) [e]()", "a b c d e"),
        ("[![a](/b)](#c)", f"![a]({SITE}/b)"),
        ("[a] [b][a] [c][]\n\n[a]: #b 'd'\n[c]: //e", "a b c\n\n"),
        ("<a href='#b'>c</a>", "<a >c</a>"),
    ],
)
def test_of_what_leads_nowhere_the_text_stays(written: str, read: str) -> None:
    assert HTML.readdressed_markdown(written, absolute).strip("\n") == read.strip("\n")
    html = HTML.readdressed_html(HTML.markdown_to_html(written), absolute)
    assert "href" not in html
    assert SITE in read or "src" not in html


@given(st.text(alphabet="[]()<>! \n:'\"/abé", max_size=60))
def test_what_leads_on_is_changed_in_both_and_nothing_else(text: str) -> None:
    assert HTML.readdressed_markdown(text, lambda address: address) == text
    assert HTML.readdressed_markdown(text, str.upper).upper() == text.upper()


@given(st.text(alphabet="[]()<>!\\ \n:'\"/#ab", max_size=60))
def test_however_an_address_is_written_it_is_found(text: str) -> None:
    def led(address: str) -> str:
        return absolute(address) or address

    read = destinations(HTML.readdressed_markdown(text, led))
    assert {*map(unquote, read)} == {unquote(led(each)) for each in destinations(text)}
