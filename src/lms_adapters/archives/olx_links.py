"""Links within an OLX course (`/jump_to_id/NAME`): to the lesson that the block became, or else plain text.

While HTML is read nobody knows yet what a later block becomes, so that a link waits under an address of its own.
"""

import re
import secrets
from dataclasses import replace
from urllib.parse import quote, unquote

from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import line
from lms_adapters.archives.olx_tree import Unit
from lms_domain.courses.assets import rewrite
from lms_domain.courses.lesson_links import reference_to
from lms_domain.courses.package import PackedLesson, PackedSection

PLACE = r"(?:/|(?:\.\./)*)(?:courses/[^/?#]+/(?:[^/?#]+/[^/?#]+/)?)?"
JUMPS = (
    re.compile(PLACE + r"jump_to_id/(?P<name>[^/?#]+)/?(?:[?#].*)?"),
    re.compile(PLACE + r"jump_to/block-v1:[^/?#]*[@+]block@(?P<name>[^/?#@]+)/?(?:[?#].*)?"),
    re.compile(PLACE + r"jump_to/i4x://[^/?#]+/[^/?#]+/[^/?#]+/(?P<name>[^/?#]+)/?(?:[?#].*)?"),
)


def jump_target(address: str) -> str | None:
    """The name of the block that the address leads to, or None if it leads elsewhere."""
    for pattern in JUMPS:
        if match := pattern.fullmatch(address):
            return line(unquote(match["name"]))
    return None


class Links:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting = f"lesson:{secrets.token_hex(8)}/"  # nobody can have written this one
        self._link = re.compile(rf' href="{self._waiting}([^"]*)"')
        self._met: dict[tuple[int, str], Block] = {}
        self._targets: dict[str, str] = {}  # the key of the lesson for each name of a block

    def address_of(self, name: str) -> str:
        return self._waiting + quote(name, safe="")

    def note(self, block: Block, name: str) -> None:
        """The block was taken and links there."""
        self._met[id(block), name] = block

    def lead_to(self, unit: Unit, lessons: list[PackedLesson]) -> None:
        """What the unit became. Who asks for the unit, what it stands in, or what was left out of it, gets to its
        first lesson.
        """
        for lesson in lessons:
            for name in lesson.metadata["source"][1:]:
                self._targets.setdefault(name, lesson.key)
        for name in (unit.block.name, *(block.name for block in unit.blocks), *unit.within) if lessons else ():
            self._targets.setdefault(name, lessons[0].key)

    def resolved(self, sections: tuple[PackedSection, ...]) -> tuple[PackedSection, ...]:
        """With links to lessons, and told which became plain text."""
        for (_, name), block in self._met.items():
            if name not in self._targets:
                self._ledger.taken_without(
                    block, f"its link to {line(name)!r} became plain text: nothing of that name was taken"
                )
        return tuple(
            replace(section, lessons=tuple(self._linked(lesson) for lesson in section.lessons)) for section in sections
        )

    def _linked(self, lesson: PackedLesson) -> PackedLesson:
        return replace(lesson, content=rewrite(lesson.content, self._link, self._in_place))

    def _in_place(self, match: re.Match[str]) -> str:
        key = self._targets.get(unquote(match[1]))
        return "" if key is None else f' href="{reference_to(key)}"'
