"""Why a search found a course: its words marked in a text, and the piece of a text around the first of them."""

import html
import re
from itertools import groupby

from lms_domain.courses.search import Question
from lms_domain.courses.words import NAME, WORD, first_character, folded, is_unspaced, spoken

# Around a marked word. No text of a course has control characters.
BEGIN, END = "\x01", "\x02"
EXCERPT, BEFORE = 240, 80  # characters, and how many of them before the first marked word
_MARKED = re.compile(f"({BEGIN}[^{END}]*{END})")
_PIECE = re.compile(f"{NAME.pattern}|{WORD.pattern}", re.IGNORECASE)


class Marker:
    """Marks what PostgreSQL, which knows the forms of a language's words, cannot: `łódź` for lodz, `C++`, `東京`."""

    def __init__(self, search: str) -> None:
        question = Question.of(search)
        phrases = [folded(phrase).split() for phrases in question.wanted for phrase in phrases]
        self._words = {word for words in phrases for word in words}
        self._beginning = folded(question.beginning).rpartition(" ")[2]
        runs = sorted({run for words in phrases for run in _runs(words)}, key=len, reverse=True)
        self._runs = re.compile("|".join(map(re.escape, runs))) if runs else None
        self._has_names = NAME.search(search) is not None

    def marked(self, text: str) -> str:
        """HTML whose only element is `mark`, of a text with marks by PostgreSQL."""
        return html.escape(self._all_marked(text)).replace(BEGIN, "<mark>").replace(END, "</mark>")

    def excerpt(self, text: str) -> str:
        return html.escape(_around_first(self._all_marked(text))).replace(BEGIN, "<mark>").replace(END, "</mark>")

    def _all_marked(self, text: str) -> str:
        if text.isascii() and not self._has_names:
            return text
        parts = _MARKED.split(text)
        return "".join(part if part.startswith(BEGIN) else _PIECE.sub(self._mark, part) for part in parts)

    def _mark(self, piece: re.Match[str]) -> str:
        if is_unspaced(piece[0]):
            return self._runs.sub(rf"{BEGIN}\g<0>{END}", piece[0]) if self._runs else piece[0]
        word = folded(spoken(piece[0]))
        found = word in self._words or (self._beginning and word.startswith(self._beginning))
        return f"{BEGIN}{piece[0]}{END}" if found else piece[0]


def _runs(words: list[str]) -> list[str]:
    """The runs that the pairs were cut from."""
    groups = [list(group) for unspaced, group in groupby(words, is_unspaced) if unspaced]
    return ["".join(map(first_character, group[:-1])) + group[-1] for group in groups]


def _around_first(text: str) -> str:
    """Cut at spaces, and never inside a mark."""
    first = max(text.find(BEGIN), 0)
    start = max(first - BEFORE, 0)
    start = text.find(" ", start, first) + 1 if start else 0
    start = start or max(first - BEFORE, 0)
    end = start + EXCERPT
    if end < len(text):
        space = text.rfind(" ", first, end)
        end = space if space > first else end
    piece = text[start:end]
    return (piece + END if piece.count(BEGIN) > piece.count(END) else piece).strip()
