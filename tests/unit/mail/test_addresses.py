"""What is written for the site is read in a letter, where a path alone leads nowhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.archives.samples import HTML

from lms_adapters.security.links import SealedLinks
from lms_adapters.security.seals import HmacSeals

SITE, API = "https://school.example.org/lms", "https://api.example.org"
absolute = SealedLinks(HmacSeals("k" * 32), f"{SITE}/", API).absolute


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("/courses/bees", f"{SITE}/courses/bees"),
        ("courses/bees?a=1#b", f"{SITE}/courses/bees?a=1#b"),
        ("#hives", f"{SITE}/#hives"),
        ("/api/v1/assets/1", f"{API}/api/v1/assets/1"),
        ("//elsewhere.example/x", "https://elsewhere.example/x"),
        ("/javascript:alert(1)", f"{SITE}/javascript:alert(1)"),
        ("https://[", "https://["),
    ],
)
def test_what_has_no_host_is_given_the_sites(written: str, read: str) -> None:
    assert absolute(written) == read


@pytest.mark.parametrize("address", ["https://example.net/a", "HTTP://example.net", "mailto:a@b.c", "lesson:1", ""])
def test_what_leads_somewhere_stays(address: str) -> None:
    assert absolute(address) == address


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


@given(st.text(alphabet="[]()<>!\\ \n:'\"/abé", max_size=60))
def test_what_leads_on_is_changed_in_both_and_nothing_else(text: str) -> None:
    assert HTML.readdressed_markdown(text, lambda address: address) == text
    assert HTML.readdressed_markdown(text, str.upper).upper() == text.upper()
