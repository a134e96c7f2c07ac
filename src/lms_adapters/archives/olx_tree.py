"""The structure of an OLX course: chapters, and in them units, which are what a learner sees as one page."""

from collections.abc import Iterator
from dataclasses import dataclass

from lms_adapters.archives.documents import DocumentTooLarge
from lms_adapters.archives.olx_blocks import Block, Source
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import from_json, is_true
from lms_adapters.archives.olx_xml import BrokenXml

SEQUENCES = {"sequential", "videosequence", "problemset"}
PAGES = {"vertical", "wrapper"}
# These choose among their blocks for each learner.
CHOOSING = {
    "library_content": "a random choice from a library is not supported",
    "itembank": "a random choice from a bank is not supported",
    "legacy_library_content": "a random choice from a library is not supported",
    "randomize": "a random choice of content is not supported",
    "split_test": "content experiments are not supported",
    "conditional": "content that depends on other answers is not supported",
    "problem-builder": "Problem Builder is not supported",
    "step-builder": "Problem Builder is not supported",
}
CONTAINERS = {"chapter", *SEQUENCES, *PAGES, *CHOOSING}
NOT_BLOCKS = {"wiki"}  # where the wiki of the course is
DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    block: Block
    subsection: str
    within: tuple[str, ...]  # the names of its chapter and its subsections
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    block: Block
    units: tuple[Unit, ...]


class Tree:
    def __init__(self, source: Source, ledger: Ledger) -> None:
        self._source = source
        self._ledger = ledger

    def chapters(self, course: Block) -> list[Chapter]:
        chapters = []
        for block in self._children(course, ()):
            if block.tag == "chapter":
                chapters.append(Chapter(block=block, units=tuple(self._units(block, "", (block.name,)))))
            else:
                self._leave_out(block, "it stands outside of every chapter")
        return chapters

    def _units(self, parent: Block, subsection: str, within: tuple[str, ...]) -> Iterator[Unit]:
        for block in self._children(parent, _path(parent)):
            if block.tag in SEQUENCES and len(within) < DEEPEST:
                yield from self._units(block, subsection or block.title, (*within, block.name))
            elif block.tag in PAGES:
                blocks = tuple(self._leaves(block, _path(block)))
                yield Unit(block=block, subsection=subsection, within=within, blocks=blocks)
            elif block.tag in CONTAINERS:
                self._leave_out(block, CHOOSING.get(block.tag, "it stands where it cannot be taken"))
            else:
                yield Unit(block=block, subsection=subsection, within=within, blocks=(block,))

    def _leaves(self, page: Block, place: tuple[str, ...]) -> Iterator[Block]:
        for block in self._children(page, place):
            if block.tag in PAGES and len(place) < DEEPEST:
                yield from self._leaves(block, _path(block))
            elif block.tag in CONTAINERS:
                self._leave_out(block, CHOOSING.get(block.tag, "it stands where it cannot be taken"))
            else:
                yield block

    def _children(self, parent: Block, place: tuple[str, ...]) -> Iterator[Block]:
        """Those that everybody may see; the others are told."""
        for block in self._all_children(parent, place):
            if why := _hidden(block):
                self._leave_out(block, why)
            else:
                yield block

    def _all_children(self, parent: Block, place: tuple[str, ...]) -> Iterator[Block]:
        for number, element in enumerate(parent.element, 1):
            if element.tag in NOT_BLOCKS:
                continue
            fallback = f"{parent.name}.{number}"
            try:
                block = self._source.block(element, place, fallback)
            except (BrokenXml, DocumentTooLarge) as error:
                self._ledger.item(element.tag, element.get("url_name", fallback), str(error), " > ".join(place))
                self._source.seen.add((element.tag, element.get("url_name", fallback)))
                continue
            if self._source.is_first(block):
                yield block
            else:
                self._ledger.left_out(block, "the course lists it a second time; it was taken where it stands first")

    def _leave_out(self, block: Block, why: str, depth: int = 0) -> None:
        """The block and all that stands in it, one by one."""
        self._ledger.left_out(block, why)
        if block.tag in CONTAINERS and depth < DEEPEST:
            for child in self._all_children(block, _path(block)):
                self._leave_out(child, f"it stands in a {block.tag} that was left out", depth + 1)


def _path(block: Block) -> tuple[str, ...]:
    return (*block.place, block.title or block.name)


def _hidden(block: Block) -> str | None:
    """Why not every learner may see the block."""
    if is_true(block.attributes.get("visible_to_staff_only")):
        return "only the staff of the course may see it"
    groups = from_json(block.attributes.get("group_access"))
    if isinstance(groups, dict) and any(groups.values()):
        return "only some groups of learners may see it, and there are no groups"
    return None
