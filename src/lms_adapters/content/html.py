"""Markup for lessons and descriptions: one allowlist, whatever wrote the HTML.

Markdown may hold HTML; everything passes through the sanitizer after it is rendered.
"""

import html as entities
import re
from collections.abc import Callable
from typing import Any

import nh3

from lms_adapters.content.addresses import readdressed
from lms_adapters.content.allowed import ADDRESSES, ALIGNED, ATTRIBUTES, BLOCKS, DROPPED, SCHEMES, TAGS
from lms_adapters.content.cost import is_costly
from lms_adapters.content.markdown import to_html

# tag, attribute and address in, the address to write instead out; None takes the attribute away.
Rewrite = Callable[[str, str, str], str | None]

# Rendered from 150,000 characters of Markdown; an ordinary text gives twice its length, and a tag for 20 characters.
LONGEST_RENDERED = 1_000_000
MOST_TAGS = 80_000
LONGEST_ATTRIBUTES = 1_000_000  # characters more than the text itself has
CODE_LANGUAGE = re.compile(r"language-[\w+#.-]{1,40}")
TAG = re.compile("<[^>]*>")


def _always(_tag: str, _attribute: str, address: str) -> str:
    return address


class HtmlRendering:
    """Pure; takes about a millisecond for a page of text, and 0.15 s for the worst of 150,000 characters.

    Markup made to be slow is not parsed: it is shown as it was written.
    """

    def markdown_to_html(self, text: str, /) -> str:
        html = to_html(text)
        if len(html) > LONGEST_RENDERED or html.count("<") > MOST_TAGS:
            return _as_written(text)
        clean = self._sanitized(html, _always)
        return _as_written(text) if clean is None else clean

    def sanitize_html(self, html: str, /, *, rewrite: Rewrite = _always) -> str:
        """`rewrite` is also told the addresses in what is about to be taken out, such as frames."""
        clean = self._sanitized(html, rewrite)
        return _as_written(html) if clean is None else clean

    def readdressed_html(self, html: str, address: Callable[[str], str | None], /) -> str:
        return self.sanitize_html(html, rewrite=lambda _tag, _attribute, written: address(written))

    def readdressed_markdown(self, text: str, address: Callable[[str], str | None], /) -> str:
        return readdressed(text, address)

    def plain_text(self, html: str, /) -> str:
        """Blocks become apart by a space, words within one stay whole."""
        if is_costly(html):
            return " ".join(html.split())
        # What nh3 writes has no attributes here and no bare angle brackets, so that a regular expression is enough.
        blocks = nh3.clean(html, tags=BLOCKS, attributes={}, clean_content_tags=DROPPED, link_rel=None)
        return " ".join(entities.unescape(TAG.sub(" ", blocks)).split())

    def _sanitized(self, html: str, rewrite: Rewrite) -> str | None:
        """None where it would take too long."""
        if is_costly(html):
            return None
        attributes = _Attributes(rewrite, LONGEST_ATTRIBUTES + len(html))
        clean = nh3.clean(html, attribute_filter=attributes.keep, **_OPTIONS)
        return None if attributes.left < 0 else clean


def _as_written(text: str) -> str:
    return f"<pre>{entities.escape(text, quote=False)}</pre>"


class _Attributes:
    """What becomes of each. A parser that mends HTML may repeat one ten thousand times, which is bounded as well."""

    def __init__(self, rewrite: Rewrite, longest: int) -> None:
        self._rewrite = rewrite
        self.left = longest

    def keep(self, tag: str, name: str, value: str) -> str | None:
        self.left -= len(value)
        if self.left < 0:
            return None
        if name in ADDRESSES:
            return self._rewrite(tag, name, value.strip())
        if name == "class":
            return value if tag == "code" and CODE_LANGUAGE.fullmatch(value) else None
        return value


_OPTIONS: dict[str, Any] = {
    "tags": TAGS,
    "attributes": ATTRIBUTES,
    "clean_content_tags": DROPPED,
    "url_schemes": SCHEMES,
    "link_rel": "noopener noreferrer",
    "tag_attribute_values": ALIGNED,
    "set_tag_attribute_values": {"video": {"controls": ""}, "audio": {"controls": ""}},
}
