"""How much work a parser would have with some HTML: hostile markup is told before it takes the time of everybody.

Everything here is one pass over the text. The numbers are of one core, for the longest text of a lesson (150,000
characters); what stays below all limits took less than 0.12 s.
"""

import re
from collections import Counter

TAG = re.compile(r"<(/?)([a-z][a-z0-9-]*)", re.IGNORECASE)
LONG_TAG = re.compile(r"<[a-z][^>]{20000,}", re.IGNORECASE)
SHORT_ATTRIBUTE = re.compile(r"""[\s/"'][^\s/>="']{1,8}(?=[\s/>="'])""")
# Elements that hold nothing, or that end where the next of their kind begins: they cannot nest on their own.
NOT_NESTING = frozenset({
    "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option",
    "p", "rp", "rt", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "track", "wbr",
})  # fmt: skip
# A block that begins or ends within these makes the parser open them again (HTML Standard, 13.2.4.3).
FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})  # fmt: skip
TABLE = frozenset({"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
CELLS = frozenset({"caption", "td", "th"})

DEEPEST = 250
MOST_NESTING = 20_000  # the square of the depth: 1.5 s for this many, 38 s for 100,000
MOST_REFERENCES = 40_000  # the square of their number: 40 ms for this many, 0.5 s for 150,000
MOST_ATTRIBUTES = 10_000  # of one element, the square of their number: 30 ms for this many, 0.3 s for 30,000
MOST_REOPENED = 5_000  # 0.26 s for 200,000, and each repeats its attributes
MOST_MISPLACED = (
    5_000  # within a table but in no cell, the square of their number: 10 ms for this many, 0.4 s for 37,000
)


def is_costly(html: str) -> bool:
    references = html.count("&") + html.count("\xa0")
    return references > MOST_REFERENCES or _has_an_endless_tag(html) or _has_a_costly_structure(html)


def _has_an_endless_tag(html: str) -> bool:
    return any(len(SHORT_ATTRIBUTE.findall(tag)) > MOST_ATTRIBUTES for tag in LONG_TAG.findall(html))


def _has_a_costly_structure(html: str) -> bool:
    structure = _Structure()
    for closes, name in TAG.findall(html):
        structure.meet(name.lower(), closes=bool(closes))
        if structure.is_costly:
            return True
    return False


class _Structure:
    """An estimate: exact for HTML whose elements are closed, and never far below for any other."""

    def __init__(self) -> None:
        self._opened = Counter[str]()
        self._in_cell = False
        self._depth = self._nested = self._formatting = self._reopened = self._misplaced = 0

    @property
    def is_costly(self) -> bool:
        return (
            self._depth > DEEPEST
            or self._nested > MOST_NESTING
            or self._reopened > MOST_REOPENED
            or self._misplaced > MOST_MISPLACED
        )

    def meet(self, tag: str, *, closes: bool) -> None:
        if tag in TABLE:
            self._in_cell = tag in CELLS and not closes
        elif self._opened["table"] and not self._in_cell:
            self._misplaced += 1
        if tag not in FORMATTING:
            self._reopened += self._formatting
        if tag not in NOT_NESTING and not (closes and not self._opened[tag]):
            self._nest(tag, -1 if closes else 1)

    def _nest(self, tag: str, step: int) -> None:
        self._opened[tag] += step
        self._depth += step
        self._nested += step > 0
        if tag in FORMATTING:
            self._formatting += step
