"""What was left out while reading, in the order in which it was met."""

from lms_adapters.archives.olx_blocks import Block
from lms_adapters.archives.olx_text import line
from lms_domain.courses.package import Omission


class Ledger:
    def __init__(self) -> None:
        self.omissions: list[Omission] = []

    def left_out(self, block: Block, reason: str) -> None:
        self._add(block, reason, is_partial=False)

    def taken_without(self, block: Block, reason: str) -> None:
        """The block itself was taken."""
        self._add(block, reason, is_partial=True)

    def item(self, kind: str, name: str, reason: str, place: str = "") -> None:
        self.omissions.append(Omission(kind=kind, name=name, reason=_sentence(reason), place=place))

    def _add(self, block: Block, reason: str, *, is_partial: bool) -> None:
        self.omissions.append(
            Omission(
                kind=line(block.tag, 100),
                name=block.name,
                title=block.title,
                place=" > ".join(block.place),
                reason=_sentence(reason),
                is_partial=is_partial,
            )
        )


def _sentence(reason: str) -> str:
    text = line(reason, 500)
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
