"""Markdown as this system understands it: CommonMark 0.31 with tables and strikethrough (GitHub's flavor)."""

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token


def _align_without_style(state: StateCore) -> None:
    """Cells of a table are aligned by a style, which no sanitizer lets pass; the older attribute may stay."""
    cells: Sequence[Token] = [token for token in state.tokens if token.type in {"td_open", "th_open"}]
    for cell in cells:
        style = str(cell.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            cell.attrs["align"] = style.removeprefix("text-align:")


MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
MARKDOWN.core.ruler.push("align_without_style", _align_without_style)
