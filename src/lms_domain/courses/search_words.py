"""The words of a text, as they are indexed and as they are looked for: always by the same rules."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST_WORD = 64  # characters; what is longer is no word, and PostgreSQL takes 2 KB
MARKS = "".join(chr(c) for c in range(0x300, 0x3100) if unicodedata.category(chr(c)).startswith("M"))
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")  # soft hyphens, joiners, marks of direction
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Kana, Han. There, two characters make a "word".
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_ONE = f"[{UNSPACED}]"
_LETTER = f"(?:[^\\W_{UNSPACED}]|[{MARKS}])"
WORD = re.compile(f"{_LETTER}+|{_ONE}+")
BETWEEN = re.compile(f"(?:(?![{MARKS}])[\\W_])+")
BETWEEN_ASCII = re.compile(r"[\W_]+", re.ASCII)
RUN = re.compile(f"{_ONE}+")
TOO_LONG = re.compile(rf"\S{{{LONGEST_WORD + 1},}}")
ANY_OF_THEM = re.compile(_ONE)

# Names that are nothing but punctuation apart from others.
NAMES = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp", ".net": "dotnet"}
_NAME = re.compile(r"(?<!\w)(?:[cC]\+\+|[cCfF]#|\.[nN][eE][tT])(?!\w)")

# Letters that Unicode does not take apart into a letter and a mark.
_PLAIN = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ё": "е", "ŧ": "t", "ħ": "h"}
)
# Accents on Latin and Greek letters; the vowel points of Arabic and Hebrew. The marks of other scripts are letters.
_ACCENTED = re.compile("([A-Za-z\u0370-\u03ff\u1f00-\u1fff])[\u0300-\u036f]+")
_POINTS = re.compile("[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]")


def spoken(text: str) -> str:
    """The words with one space between them. `Ships' e-mails, 蜜蜂养殖` is `Ships e mails 蜜蜂 蜂养 养殖 殖`."""
    text = _NAME.sub(lambda name: NAMES[name[0].lower()], text)
    if text.isascii():
        return _cut(BETWEEN_ASCII.sub(" ", text).strip())
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    if ANY_OF_THEM.search(text):
        text = RUN.sub(_pairs, text)
    return _cut(BETWEEN.sub(" ", text).strip())


def folded(words: str) -> str:
    """Without capitals and accents: `Café Straße` is `cafe strasse`. What `spoken` gave stays as many words."""
    if words.isascii():
        return words.lower()
    apart = unicodedata.normalize("NFD", words.casefold())
    plain = _POINTS.sub("", _ACCENTED.sub(r"\1", apart))
    return unicodedata.normalize("NFC", plain).translate(_PLAIN)


def _pairs(run: re.Match[str]) -> str:
    """Every two neighbors, and the last one alone, so that a single character is the beginning of a pair."""
    text = run[0]
    return " " + " ".join(text[n : n + 2] for n in range(len(text))) + " "


def _cut(words: str) -> str:
    return TOO_LONG.sub(lambda word: word[0][:LONGEST_WORD], words)


def is_unspaced(word: str) -> bool:
    return ANY_OF_THEM.match(word) is not None


def within(words: str, most_bytes: int) -> str:
    """As many of the words as fit."""
    data = words.encode()
    if len(data) <= most_bytes:
        return words
    return data[: data.rfind(b" ", 0, most_bytes + 1)].decode() if b" " in data[: most_bytes + 1] else ""


def distinct(texts: Iterable[str], most_bytes: int) -> list[str]:
    """Each word once, in the order of its first appearance, as many as fit with a byte between them."""
    seen: dict[str, None] = {}
    for text in texts:
        seen.update(dict.fromkeys(text.split()))
    return within(" ".join(seen), most_bytes).split()


def places(text: str, every: int) -> list[int]:
    """Where in the text the words number 0, `every`, 2 * `every`, ... of `spoken` begin, counted in characters."""
    step = re.compile(f"(?:(?:(?!{_LETTER}|{_ONE})(?s:.))*(?:{_LETTER}+|{_ONE})){{{every}}}")
    return [0, *(match.end() for match in step.finditer(text))]


def grams(word: str) -> list[str]:
    """Its trigrams as pg_trgm cuts them: two spaces before the word, one after."""
    padded = f"  {word} "
    return sorted({padded[n : n + 3] for n in range(len(padded) - 2)})
