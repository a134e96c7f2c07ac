"""Misspelled words: what may be proposed for one, and which of the candidates is nearest."""

import re
from collections.abc import Iterable, Mapping, Sequence

from lms_domain.courses.words import RUN, WORD, folded

SHORTEST_MENDED, LONGEST_MENDED = 4, 40  # shorter words have too many neighbors
MOST_WORDS = 8  # of one search
LONG = 6  # letters of a word, two of which may be wrong


def words_of(texts: Iterable[str], *, most: int) -> list[str]:
    """The distinct words of texts that `spoken` gave, the first ones, as they can be proposed; sorted."""
    found: list[str] = []
    seen: set[str] = set()
    for text in texts:
        new = dict.fromkeys(word for word in text.casefold().split() if word not in seen)
        seen.update(new)
        found += filter(_can_be_mended, new)
        if len(found) >= most:
            break
    return sorted(found[:most])


def _can_be_mended(word: str) -> bool:
    return SHORTEST_MENDED <= len(word) <= LONGEST_MENDED and not word.isdigit() and not RUN.search(word)


def trigrams(word: str) -> list[str]:
    """Three letters at a time, with two spaces before and one behind: `  b`, ` be`, `bee`, `ees`, `es `."""
    padded = f"  {word} "
    return sorted({padded[n : n + 3] for n in range(len(padded) - 2)})


def searched_words(search: str) -> list[str]:
    """Those of a search that may be mended."""
    return list(dict.fromkeys(filter(_can_be_mended, WORD.findall(search.casefold()))))[:MOST_WORDS]


def mended(search: str, candidates: Mapping[str, Sequence[str]]) -> str | None:
    """The search with each word replaced by its nearest candidate; None where no word has one. Accents do not count."""

    def mend(match: re.Match[str]) -> str:
        word = match[0].casefold()
        near = ((distance(folded(word), folded(other)), other) for other in candidates.get(word, ()))
        letters, best = min(near, default=(0, ""))
        return best if 0 < letters <= allowed(word) else match[0]

    corrected = WORD.sub(mend, search)
    return corrected if corrected.casefold() != search.casefold() else None


def allowed(word: str) -> int:
    """How many letters may be wrong."""
    return 1 if len(word) < LONG else 2


def distance(a: str, b: str) -> int:
    """Letters to add, drop, change or swap with their neighbor (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        above, row, older = row, [i], before
        for j, y in enumerate(b, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                best = min(best, older[j - 2] + 1)
            row.append(best)
        before = above
    return row[-1]
