"""The words of a text, as they are indexed and as they are looked for: always by the same rules."""

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

LONGEST_WORD = 64  # characters; what is longer is no word, and PostgreSQL takes 2 KB
MARKS = "".join(chr(c) for c in range(0x300, 0x3100) if unicodedata.category(chr(c)).startswith("M"))
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphens, joiners, marks of direction
_TOO_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")

# Scripts that are not cut at spaces: Thai, Lao, Burmese, Khmer, kana, Han, Hangul (whose words carry their particles).
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17d3\u17d7-\u17ff\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(f"[{_UNSPACED}]+")
WORD = re.compile(f"[^\\W_{_UNSPACED}]+(?:[{MARKS}]+[^\\W_{_UNSPACED}]*)*|{RUN.pattern}")
_CHARACTER = re.compile(f"[{_UNSPACED}][{MARKS}]*")
_ASCII_WORD = re.compile("[A-Za-z0-9]+")

# Names that are told apart by punctuation alone: C++, C#, F#, .NET.
NAME = re.compile(r"(?<!\w)(?:([a-z])(\+\+|\#)|\.net(?!\w))", re.IGNORECASE)
_SPELLED = {"++": "plusplus", "#": "sharp"}

# Letters that Unicode does not take apart into a letter and a mark. Casefolding has made `ss` of the German one.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ё": "е"}  # noqa: RUF001
)
# Accents on Latin and Greek letters; the vowel points of Hebrew and Arabic. The marks of other scripts are letters.
_ACCENTED = re.compile("([A-Za-z\u0370-\u03ff\u1f00-\u1fff\u00c6\u00d8\u00e6\u00f8])[\u0300-\u036f]+")
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")


def spoken(text: str) -> str:
    """Its words with one space between: `Ships' e-mails, C++, 蜜蜂养` is `Ships e mails Cplusplus 蜜蜂 蜂养 养`.

    Runs of a script without spaces come in pairs, and the last character alone.
    """
    if text.isascii():
        words = _ASCII_WORD.findall(_with_names(text))  # five times as fast, and most of what is published
    else:
        text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
        words = WORD.findall(_with_names(RUN.sub(_pairs, text)))
    return _TOO_LONG.sub(lambda word: word[0][:LONGEST_WORD], " ".join(words))


def folded(words: str) -> str:
    """What `spoken` gave, without capitals and accents: `Łódź Straße` is `lodz strasse`."""
    if words.isascii():
        return words.lower()
    apart = _POINTS.sub("", unicodedata.normalize("NFD", words.casefold()))
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", apart)).translate(_PLAIN)


def is_unspaced(word: str) -> bool:
    return RUN.match(word) is not None


def first_character(word: str) -> str:
    """With its marks, of an unspaced script."""
    found = _CHARACTER.match(word)
    return found[0] if found else ""


def within(words: str, most_bytes: int) -> str:
    """As many of the words as fit."""
    data = words.encode()
    if len(data) <= most_bytes:
        return words
    return data[: max(data.rfind(b" ", 0, most_bytes + 1), 0)].decode()


def distinct(texts: Iterable[str]) -> list[str]:
    """Each of the words once, in the order in which they first appear."""
    seen: dict[str, None] = {}
    for text in texts:
        seen.update(dict.fromkeys(text.split()))
    return list(seen)


def _pairs(run: re.Match[str]) -> str:
    """Every two neighbors, and the last alone, so that each single character is the beginning of some word."""
    characters = _CHARACTER.findall(run[0])
    return f" {' '.join([*map(''.join, pairwise(characters)), characters[-1]])} "


def _with_names(text: str) -> str:
    return NAME.sub(_named, text) if "++" in text or "#" in text or ".net" in text.lower() else text


def _named(name: re.Match[str]) -> str:
    return f" {name[1]}{_SPELLED[name[2]]} " if name[1] else " dotnet "
