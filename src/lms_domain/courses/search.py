"""A search as it is written, and as PostgreSQL's `to_tsquery` reads it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from lms_domain.courses.words import first_character, folded, is_unspaced, spoken

# The text search configurations that PostgreSQL brings along, by primary language subtag (BCP 47).
CONFIGURATIONS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
# An optional minus, then a phrase in quotes or anything without a space.
_PIECE = re.compile(r'(-*)(?:"([^"]*)"?|([^\s"]+))')


def configuration_of(language: str) -> str:
    return CONFIGURATIONS.get(language.split("-", maxsplit=1)[0].lower(), "simple")


@dataclass(frozen=True, slots=True)
class Question:
    """`wanted`: alternatives, each of phrases that must all be there. A phrase is words as `spoken` gives them."""

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[str, ...]
    has_operators: bool

    @classmethod
    def of(cls, search: str) -> Self:
        """Words, "a phrase", -without, and OR between them. What is left out is left out of all alternatives."""
        wanted: list[list[str]] = [[]]
        unwanted: list[str] = []
        for minus, quoted, piece in _PIECE.findall(search):
            phrase = _phrase(quoted or piece)
            if piece.lower() == "or" and not minus and wanted[-1]:
                wanted.append([])
            elif phrase:
                (unwanted if minus else wanted[-1]).append(phrase)
        has_operators = '"' in search or bool(unwanted) or len(wanted) > 1
        return cls(tuple(tuple(phrases) for phrases in wanted if phrases), tuple(unwanted), has_operators)

    @property
    def beginning(self) -> str:
        """The last phrase, whose last word may be the beginning of a longer one.

        Not beside operators: who writes those knows what they want.
        """
        return self.wanted[0][-1] if self.wanted and not self.has_operators else ""

    @property
    def has_phrases(self) -> bool:
        return any(" " in phrase for phrases in (*self.wanted, self.unwanted) for phrase in phrases)

    @property
    def clue(self) -> str:
        """The first letters of its longest word: where they stand in a text, the word is likely to, in some form."""
        words = (word.casefold() for phrases in self.wanted for phrase in phrases for word in phrase.split())
        longest = max(words, key=len, default="")
        return longest[: max(3, len(longest) * 2 // 3 - 1)]

    def texts(self) -> dict[str, str]:
        """For `to_tsquery`, each empty where there is nothing to say.

        By the rules of a language: `head` and, if any, `last`; by the words as they are: `begun` for the last, where
        others stand before it, and `folded` for them all.
        """
        begun = _written(folded(self.beginning), goes_on=True)
        head = [self.wanted[0][:-1]] if begun else self.wanted
        plain = _any_of([folded(phrase) for phrase in phrases] for phrases in head)
        return {
            "head": _any_of(head),
            "last": _written(self.beginning),
            "begun": begun if plain else "",
            "folded": " & ".join(filter(None, [plain, begun])),
            "unwanted": _any_of([phrase] for phrase in self.unwanted),
            "unwanted_folded": _any_of([folded(phrase)] for phrase in self.unwanted),
        }


def _phrase(piece: str) -> str:
    words = spoken(piece).split()
    if len(words) > 1 and is_unspaced(words[-2]) and first_character(words[-1]) == words[-1]:
        del words[-1]  # the pair before has it already
    return " ".join(words)


def _any_of(alternatives: Iterable[Iterable[str]]) -> str:
    return " | ".join(f"({' & '.join(map(_written, phrases))})" for phrases in alternatives if phrases)


def _written(phrase: str, *, goes_on: bool = False) -> str:
    """No word has a quote or a backslash. One of an unspaced script is always a beginning: of a pair, or of a mark."""
    words = [f"'{word}'{':*' if is_unspaced(word) else ''}" for word in phrase.split()]
    if goes_on and words and not words[-1].endswith("*"):
        words[-1] += ":*"
    return " <-> ".join(words)
