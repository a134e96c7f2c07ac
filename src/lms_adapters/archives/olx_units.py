"""From the blocks of one unit to lessons: runs of texts, runs of problems, and each video by itself."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any
from xml.etree.ElementTree import Element, tostring

from lms_adapters.archives.documents import DocumentTooLarge
from lms_adapters.archives.olx_blocks import Block, Source
from lms_adapters.archives.olx_html import HtmlReader
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_problems import ProblemReader
from lms_adapters.archives.olx_text import line
from lms_adapters.archives.olx_tree import Unit
from lms_adapters.archives.olx_unsupported import UNSUPPORTED
from lms_adapters.archives.olx_video import VideoReader
from lms_domain.courses.package import PackedLesson

LONGEST_BODY = 400_000  # characters
MOST_PROBLEMS = 200
LARGEST_PROBLEMS = 1_500_000  # bytes of JSON
LONGEST_ADDRESS = 60  # characters that an address has more than `asset:` or `lesson:`
MOST_SOURCES = 50  # names of blocks in the metadata of a lesson
TEXTS, PROBLEMS, VIDEOS = "text", "quiz", "video"
KINDS = {"html": TEXTS, "problem": PROBLEMS, "video": VIDEOS}

Taken = tuple[Block, str, Any]  # the block, the kind of its lesson, what was read of it


class UnitReader:
    def __init__(
        self, source: Source, html: HtmlReader, problems: ProblemReader, videos: VideoReader, ledger: Ledger
    ) -> None:
        self._source = source
        self._html = html
        self._problems = problems
        self._videos = videos
        self._ledger = ledger
        self._read: dict[str, Callable[[Block], Any]] = {
            TEXTS: self._text,
            PROBLEMS: self._problems.read,
            VIDEOS: lambda block: block,
        }

    def lessons(self, unit: Unit) -> Iterator[PackedLesson]:
        runs = list(_runs(self._taken(unit)))
        for number, run in enumerate(runs, 1):
            kind, blocks = run[0][1], [block for block, _, _ in run]
            metadata = _metadata(unit, blocks)
            ordinal = sum(1 for earlier in runs[:number] if earlier[0][1] == kind)
            title = _title(unit, run, number if len(runs) > 1 else 0)
            key = f"{unit.block.tag}/{unit.block.name}/{kind}/{ordinal}"
            if kind == VIDEOS:
                yield from self._videos.lessons(blocks[0], title, metadata)
            else:
                yield _lesson(key, title, kind, [content for _, _, content in run], metadata)

    def _taken(self, unit: Unit) -> Iterator[Taken]:
        for block in unit.blocks:
            kind = KINDS.get(block.tag)
            if kind is None:
                why = UNSUPPORTED.get(block.tag, f"blocks of the type {line(block.tag, 100)!r} are not supported")
                self._ledger.left_out(block, why)
            elif (content := self._read[kind](block)) is not None:
                yield block, kind, content

    def _text(self, block: Block) -> str | None:
        try:
            html = self._markup(block)
        except DocumentTooLarge as error:
            self._ledger.left_out(block, f"its text is {error}")
            return None
        if html is None:
            self._ledger.left_out(block, "the archive does not hold its text")
            return None
        body = self._html.read_or_none(html, block)
        if body is not None and _length(body) > LONGEST_BODY:
            self._ledger.left_out(block, f"its text is longer than {LONGEST_BODY} characters")
            return None
        return body

    def _markup(self, block: Block) -> str | None:
        """HTML stands in the element itself, or in the document that `filename` names."""
        named = block.attributes.get("filename")
        if named is None or not block.is_empty:
            return inner_html(block.element)
        member = f"{self._source.root}html/{named.replace(':', '/')}.html"
        return self._source.documents.text(member) if member in self._source.documents else None


def inner_html(element: Element) -> str:
    return (element.text or "") + "".join(tostring(child, "unicode", method="html") for child in element)


def _runs(taken: Iterator[Taken]) -> Iterator[list[Taken]]:
    for kind, group in groupby(taken, key=lambda each: each[1]):
        run: list[Taken] = []
        for each in group:
            if run and (kind == VIDEOS or _is_full(kind, [*run, each])):
                yield run
                run = []
            run.append(each)
        yield run


def _is_full(kind: str, run: list[Taken]) -> bool:
    if kind == TEXTS:
        return sum(_length(body) for _, _, body in run) > LONGEST_BODY
    problems = [problem for _, _, content in run for problem in content]
    return len(problems) > MOST_PROBLEMS or len(json.dumps(problems)) > LARGEST_PROBLEMS


def _length(body: str) -> int:
    """As long as it will be with the addresses of files and lessons."""
    return len(body) + LONGEST_ADDRESS * (body.count("asset:") + body.count("lesson:"))


def _lesson(key: str, title: str, kind: str, contents: list[Any], metadata: dict[str, Any]) -> PackedLesson:
    if kind == TEXTS:
        content: dict[str, Any] = {"format": "html", "body": "\n".join(contents)}
    else:
        content = {"problems": [problem for problems in contents for problem in problems]}
    # Nobody can pass a quiz yet, and what is required must be possible.
    return PackedLesson(key=key, title=title, kind=kind, content=content, required=kind == TEXTS, metadata=metadata)


def _title(unit: Unit, run: list[Taken], number: int) -> str:
    """The title of the unit; where it gives several lessons, with what tells them apart. 0: it gives only one."""
    title = unit.block.title or unit.subsection or unit.block.name
    own = run[0][0].title
    if not number or (number == 1 and run[0][1] == TEXTS):
        return title
    if own and own != title and run[0][1] != TEXTS and len(run) == 1:
        return line(f"{title}: {own}")
    return line(f"{title} ({number})")


def _metadata(unit: Unit, blocks: list[Block]) -> dict[str, Any]:
    names = [block.name for block in blocks][:MOST_SOURCES]
    return {"subsection": unit.subsection, "source": [unit.block.name, *names]}
