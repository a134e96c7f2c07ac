"""HTML of OLX: addresses of files become assets, the rest is sanitized, and what is lost is told."""

import re
from collections import Counter
from dataclasses import dataclass, field

from lms_adapters.archives.markup import Markup
from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_files import StaticFiles, file_name, is_active
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_links import Links, jump_target
from lms_adapters.archives.olx_text import line, plain

LOST = {
    "script": "script", "link": "style sheet", "style": "style sheet", "iframe": "frame", "embed": "embedded object",
    "object": "embedded object", "button": "button", "input": "form field", "textarea": "form field",
    "select": "form field", "svg": "drawing (SVG)", "math": "formula (MathML)", "canvas": "canvas",
}  # fmt: skip
LOST_TAG = re.compile(rf"<({'|'.join(LOST)})\b", re.IGNORECASE)
DATA_ADDRESS = re.compile(r"""\bsrc\s*=\s*["']?data:""", re.IGNORECASE)
ABSOLUTE = re.compile(r"(?:https?:)?//|mailto:|#", re.IGNORECASE)
FRAMES = {"iframe", "embed", "object"}
NOT_TOLD = {"link", "script"}  # one by one
CONTROLS = {"button", "form field"}
SHOWS = re.compile("<(?:img|video|audio|table|hr)")
LEAST_BESIDE_CONTROLS = 80  # characters; less is the caption of buttons that are gone


@dataclass(slots=True)
class _Found:
    """Addresses met in one text."""

    missing: list[str] = field(default_factory=list)
    active: list[str] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)
    jumps: list[str] = field(default_factory=list)
    inner_links: int = 0


class HtmlReader:
    def __init__(self, markup: Markup, files: StaticFiles, ledger: Ledger, links: Links | None = None) -> None:
        self._markup = markup
        self._files = files
        self._links = links
        self._ledger = ledger

    def read(self, html: str, block: Block) -> str:
        """Sanitized, with `asset:NAME` for the files of the course, and links that wait for what they lead to.

        What is lost is told, as a part of the block.
        """
        body, found, lost = self._examined(html)
        self._tell(block, found, lost)
        return body

    def read_or_none(self, html: str, block: Block) -> str | None:
        """None, and told, where nothing that can be read is left."""
        body, found, lost = self._examined(html)
        text, shows = self._markup.plain_text(body), bool(SHOWS.search(body))
        if not text and not shows:
            why = f"it holds only what is never taken: {_list(lost)}{_shown(found)}" if lost else "it is empty"
        elif CONTROLS & lost.keys() and len(text) < LEAST_BESIDE_CONTROLS and not shows:
            why = f"it works by what is never taken: {_list(lost)}"
        else:
            self._tell(block, found, lost)
            return body
        self._ledger.left_out(block, why)
        return None

    def _examined(self, html: str) -> tuple[str, _Found, Counter[str]]:
        found = _Found()

        def rewrite(tag: str, _attribute: str, address: str) -> str | None:
            return self._rewritten(tag, address, found)

        body = plain(self._markup.sanitize_html(plain(html), rewrite=rewrite)).strip()
        lost = Counter(LOST[tag.lower()] for tag in LOST_TAG.findall(html))
        if DATA_ADDRESS.search(html):
            lost["picture within the text (data:)"] += 1
        return body, found, lost

    def _rewritten(self, tag: str, address: str, found: _Found) -> str | None:
        if tag in FRAMES:
            found.frames.append(address)
        if tag in FRAMES | NOT_TOLD:
            return None
        if self._links and tag == "a" and (target := jump_target(address)):
            found.jumps.append(target)
            return self._links.address_of(target)
        name = file_name(address)
        member = self._files.find(name) if name else None
        if member:
            return self._asset(member, found)
        if ABSOLUTE.match(address):
            return address
        if name:
            found.missing.append(name)
        else:
            found.inner_links += tag == "a"
        return None

    def _asset(self, member: str, found: _Found) -> str | None:
        if is_active(member):
            found.active.append(member.rpartition("/")[2])
            return None
        return f"asset:{self._files.take(member)}"

    def _tell(self, block: Block, found: _Found, lost: Counter[str]) -> None:
        if self._links:
            for name in found.jumps:
                self._links.note(block, name)
        if lost:
            self._ledger.taken_without(block, f"taken without {_list(lost)}{_shown(found)}")
        if found.inner_links:
            self._ledger.taken_without(
                block, f"{_count(found.inner_links, 'link')} to other places of the course became plain text"
            )
        for name in dict.fromkeys(found.missing):
            self._ledger.taken_without(block, f"it shows {line(name)!r}, which the archive does not hold")
        for name in dict.fromkeys(found.active):
            self._ledger.taken_without(block, f"its link to the page or script {line(name)!r} became plain text")


def _shown(found: _Found) -> str:
    """What the frames showed, for an author who wants to link to it."""
    return f" ({', '.join(line(address) for address in found.frames[:3])})" if found.frames else ""


def _list(counts: Counter[str]) -> str:
    return ", ".join(_count(count, what) for what, count in sorted(counts.items()))


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what.replace(' (', 's (', 1) if '(' in what else what + 's'}"
