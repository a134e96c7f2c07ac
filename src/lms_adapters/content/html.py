"""Markup for lessons and descriptions: one allowlist, whatever wrote the HTML.

Markdown may hold HTML; everything passes through the sanitizer after it is rendered.
"""

import html as entities
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

import nh3

from lms_adapters.content.allowed import ADDRESSES, ALIGNED, ATTRIBUTES, BLOCKS, DROPPED, SCHEMES, TAGS
from lms_adapters.content.markdown import MARKDOWN

# tag, attribute and address in, the address to write instead out; None takes the attribute away.
Rewrite = Callable[[str, str, str], str | None]

NESTING = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
# Elements that hold nothing, or that end where the next of their kind begins: they cannot nest on their own.
NOT_NESTING = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option",
    "p", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
})  # fmt: skip
DEEPEST = 250
MOST_NESTING = 20_000  # a parser takes time by the square of the depth: 1.5 s for this many, 38 s for 100,000
CODE_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
TAG = re.compile("<[^>]*>")


def _always(_tag: str, _attribute: str, address: str) -> str:
    return address


class HtmlRendering:
    """Pure; takes about a millisecond for a page of text."""

    def markdown_to_html(self, text: str, /) -> str:
        return self.sanitize_html(MARKDOWN.render(text))

    def sanitize_html(self, html: str, /, *, rewrite: Rewrite = _always) -> str:
        """`rewrite` is also told the addresses in what is about to be taken out, such as frames."""
        if _nests_too_deeply(html):
            return f"<pre>{entities.escape(html, quote=False)}</pre>"
        return nh3.clean(html, attribute_filter=_filter(rewrite), **_OPTIONS)

    def plain_text(self, html: str, /) -> str:
        """Blocks become apart by a space, words within one stay whole."""
        if _nests_too_deeply(html):
            return " ".join(html.split())
        # What nh3 writes has no attributes here and no bare angle brackets, so that a regular expression is enough.
        blocks = nh3.clean(html, tags=BLOCKS, attributes={}, clean_content_tags=DROPPED, link_rel=None)
        return " ".join(entities.unescape(TAG.sub(" ", blocks)).split())


def _nests_too_deeply(html: str) -> bool:
    """An estimate: exact for HTML whose elements are closed, and never far below for any other."""
    opened = Counter[str]()
    depth = total = 0
    for closes, name in NESTING.findall(html):
        tag = name.lower()
        if tag in NOT_NESTING or (closes and not opened[tag]):
            continue
        step = -1 if closes else 1
        opened[tag] += step
        depth += step
        total += step > 0
        if depth > DEEPEST or total > MOST_NESTING:
            return True
    return False


def _filter(rewrite: Rewrite) -> Callable[[str, str, str], str | None]:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if name in ADDRESSES:
            return rewrite(tag, name, value.strip())
        if name == "class":
            return value if tag == "code" and CODE_LANGUAGE.fullmatch(value) else None
        return value

    return attribute


_OPTIONS: dict[str, Any] = {
    "tags": TAGS,
    "attributes": ATTRIBUTES,
    "clean_content_tags": DROPPED,
    "url_schemes": SCHEMES,
    "link_rel": "noopener noreferrer",
    "tag_attribute_values": ALIGNED,
    "set_tag_attribute_values": {"video": {"controls": ""}, "audio": {"controls": ""}},
}
