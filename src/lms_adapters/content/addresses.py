"""Other addresses in Markdown; everything else stays as it was written."""

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from typing import Any

import pyromark

from lms_adapters.content.markdown import OPTIONS

TAG = re.compile(rb"""(?:cite|href|poster|src)\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)

LABEL = re.compile(rb"\[(?:\\.|[^\\\]])*\]:", re.DOTALL)
# On a line of its own it may stand behind the signs of a quotation.
DESTINATION = re.compile(rb"(?:\s|(?<=\n)[ >]+)*(?:<((?:\\.|[^\\>])*)>|(\S*))", re.DOTALL)
BRACKETED = {"Inline", "Reference", "Collapsed", "Shortcut"}
UNSAFE = re.compile(rb"[\x00-\x20\x7f\\<>()]")  # would need an escape, which is no part of what is clicked on

Address = Callable[[str], str | None]
Edit = tuple[int, int, bytes]  # from, to and what stands there instead, in bytes


def readdressed(markdown: str, address: Address) -> str:
    """Those of links, images and tags. Of a link without one (None) its text stays."""
    written, parts, at = markdown.encode(), list[bytes](), 0
    for start, end, instead in sorted(set(_edits(markdown, written, address))):
        parts += written[at:start], instead
        at = end
    return b"".join([*parts, written[at:]]).decode()


def _edits(markdown: str, written: bytes, address: Address) -> Iterator[Edit]:
    for definition in pyromark.reference_definitions(markdown, options=OPTIONS).values():
        yield from _of_definition(written, definition["span"], definition["dest"], address)
    yield from _in_the_flow(markdown, written, address)


def _in_the_flow(markdown: str, written: bytes, address: Address) -> Iterator[Edit]:
    opened: list[tuple[dict[str, str], int]] = []  # and where what it holds ends, as far as it was seen
    for event, span in pyromark.events_with_range(markdown, options=OPTIONS):
        began, ended = _sides(event)
        if began:
            opened.append((began, span["start"]))
            continue
        if ended:
            link, inside = opened.pop()
            yield from _of_link(written, span, link, inside, address)
        elif isinstance(event, dict) and event.keys() & {"Html", "InlineHtml"}:
            yield from _of_tags(written, span, address)
        if opened:
            opened[-1] = (opened[-1][0], span["end"])


def _sides(event: Any) -> tuple[dict[str, str] | None, bool]:
    """The link or image that begins here, and whether one ends."""
    if not isinstance(event, dict):
        return None, False
    began = event.get("Start")
    link = (began.get("Link") or began.get("Image")) if isinstance(began, dict) else None
    return link, event.get("End") in ("Link", "Image")


def _of_link(written: bytes, span: Any, link: dict[str, str], inside: int, address: Address) -> Iterator[Edit]:
    start, end = span["start"], span["end"]
    if link["link_type"] not in BRACKETED:
        return
    begun = written.index(b"[", start) + 1
    closed = written.index(b"]", max(begun, inside))
    if link["link_type"] == "Collapsed" and written.startswith(b"[]", end):
        end += len("[]")  # which its span leaves out
    new = address(link["dest_url"])
    if new is None:
        yield from ((start, begun, b""), (closed, end, b""))
    elif link["link_type"] == "Inline" and new != link["dest_url"]:
        yield _destination(written, (closed + len("]("), end - len(")")), link["dest_url"], new)


def _of_definition(written: bytes, span: Any, destination: str, address: Address) -> Iterator[Edit]:
    new, label = address(destination), LABEL.match(written, span["start"], span["end"])
    if new is None:
        yield span["start"], span["end"], b""
    elif label and new != destination:
        yield _destination(written, (label.end(), span["end"]), destination, new)


def _destination(written: bytes, within: tuple[int, int], old: str, new: str) -> Edit:
    found = DESTINATION.match(written, *within)
    start, end = found.span(found.lastindex or 0) if found else (within[0], within[0])
    instead = new.encode()
    is_escaped = written[start:end] != old.encode()
    return start, end, UNSAFE.sub(lambda sign: b"%%%02X" % ord(sign[0]), instead) if is_escaped else instead


def _of_tags(written: bytes, span: Any, address: Address) -> Iterator[Edit]:
    for tag in TAG.finditer(written, span["start"], span["end"]):
        start, end = tag.span(tag.lastindex or 0)
        raw = written[start:end].decode().strip()
        old = unescape(raw)
        new = address(old)
        if new is None:
            yield *tag.span(), b""
        elif new != old:
            yield start, end, (new if raw == old else escape(new)).encode()
