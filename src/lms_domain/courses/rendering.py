"""Markup, as lessons and descriptions need it."""

from collections.abc import Callable
from typing import Protocol


class Rendering(Protocol):
    """Pure, and quick enough for any text to be called inside a transaction: what was made to be slow comes back as it
    was written, escaped.
    """

    def markdown_to_html(self, text: str, /) -> str:
        """CommonMark in, sanitized HTML out."""

    def sanitize_html(self, html: str, /) -> str:
        """What is left has no script, no style of its own, and no address but http, https, mailto and our own."""

    def readdressed_html(self, html: str, address: Callable[[str], str | None], /) -> str:
        """What was sanitized, with other addresses of links, images and the like; None takes one away."""

    def readdressed_markdown(self, text: str, address: Callable[[str], str | None], /) -> str:
        """The same of what is not rendered yet: of a link without an address its text stays."""

    def plain_text(self, html: str, /) -> str:
        """What a reader reads, without markup."""
