"""Other addresses in Markdown; everything else stays as it was written."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pyromark

from lms_adapters.content.markdown import OPTIONS

TAG = re.compile(rb"""(?:cite|href|poster|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)

SPACE = re.compile(rb"\s*<?")
MOST_SIGNS = 3  # looked at

Span = tuple[int, int]


def readdressed(markdown: str, address: Callable[[str], str]) -> str:
    """Those of links, images and tags. One that is written with escapes stays."""
    written, parts, at = markdown.encode(), list[bytes](), 0
    for start, end in sorted(set(_addresses(markdown, written))):
        parts += written[at:start], address(written[start:end].decode()).encode()
        at = end
    return b"".join([*parts, written[at:]]).decode()


def _addresses(markdown: str, written: bytes) -> Iterator[Span]:
    """Where they stand, in bytes."""
    for definition in pyromark.reference_definitions(markdown, options=OPTIONS).values():
        yield from _last(written, definition["span"], b"]:", definition["dest"])
    for event, span in pyromark.events_with_range(markdown, options=OPTIONS):
        if not isinstance(event, dict):
            continue
        if "Html" in event or "InlineHtml" in event:
            for tag in TAG.finditer(written, span["start"], span["end"]):
                yield tag.span(tag.lastindex or 0)
        began: Any = event.get("Start")
        link = isinstance(began, dict) and (began.get("Link") or began.get("Image"))
        if link and link["link_type"] == "Inline":
            yield from _last(written, span, b"](", link["dest_url"])


def _last(written: bytes, span: Any, sign: bytes, address: str) -> Iterator[Span]:
    """What a label holds stands before it; a title behind it may hold the sign as well."""
    at = span["end"]
    for _ in range(MOST_SIGNS if address else 0):
        at = written.rfind(sign, span["start"], at)
        if at < 0:
            return
        begun = SPACE.match(written, at + len(sign))
        start = begun.end() if begun else at
        if written.startswith(address.encode(), start):
            yield start, start + len(address.encode())
            return
