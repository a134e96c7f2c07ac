"""Words, as a search sees them: without accents, Chinese, Japanese and Korean in pairs, misspelled ones mended."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

# The text search configurations that PostgreSQL brings along, by primary language subtag (BCP 47).
CONFIGURATIONS = {
    "ar": "arabic", "hy": "armenian", "eu": "basque", "ca": "catalan", "da": "danish", "nl": "dutch", "en": "english",
    "fi": "finnish", "fr": "french", "de": "german", "el": "greek", "hi": "hindi", "hu": "hungarian",
    "id": "indonesian", "ga": "irish", "it": "italian", "lt": "lithuanian", "ne": "nepali", "no": "norwegian",
    "nb": "norwegian", "nn": "norwegian", "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian",
    "es": "spanish", "sv": "swedish", "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip
WORD = re.compile(r"[^\W_]+")
# Scripts without spaces between words: kana, Han, Hangul.
UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]+")
OPERATOR = re.compile(r'["]|(?:^|\s)(?:-|or\s|OR\s)')
PAIR = 2
SHORTEST_MENDED, LONGEST_MENDED = 4, 40  # shorter words have too many neighbors
MOST_WORDS = 8
LONG = 6  # letters of a word, two of which may be wrong


def configuration_of(language: str) -> str:
    return CONFIGURATIONS.get(language.split("-", maxsplit=1)[0].lower(), "simple")


def without_accents(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def plain(text: str) -> str:
    """What is indexed beside the text itself: no accents, and runs without spaces as overlapping pairs."""
    return UNSPACED.sub(lambda run: f" {' '.join(pairs(run[0]))} ", without_accents(text))


def pairs(run: str) -> list[str]:
    return [run] if len(run) <= PAIR else [run[n : n + PAIR] for n in range(len(run) - 1)]


def has_operators(search: str) -> bool:
    """Quotes, OR or a minus: who writes those knows what they want, and gets no prefix for the last word."""
    return OPERATOR.search(search) is not None


def last_word(search: str) -> tuple[str, str]:
    """What stands before the last word, and the word that may be the beginning of a longer one."""
    words = search.split()
    if not words or has_operators(search) or not WORD.fullmatch(words[-1]) or UNSPACED.search(words[-1]):
        return search, ""
    return " ".join(words[:-1]), words[-1].casefold()


def words_of(texts: Iterable[str], *, most: int) -> list[str]:
    """The distinct words of the texts, as they can be proposed to who misspells one; sorted."""
    found = {word for text in texts for word in WORD.findall(text.casefold()) if _can_be_mended(word)}
    return sorted(found)[:most]


def _can_be_mended(word: str) -> bool:
    return SHORTEST_MENDED <= len(word) <= LONGEST_MENDED and not word.isdigit() and not UNSPACED.search(word)


def trigrams(word: str) -> list[str]:
    """Three letters at a time, with two spaces before and one behind: `  b`, ` be`, `bee`, `ees`, `es `."""
    padded = f"  {word} "
    return sorted({padded[n : n + 3] for n in range(len(padded) - 2)})


def mended(search: str, candidates: Mapping[str, Sequence[str]]) -> str | None:
    """The search with each word replaced by its nearest candidate; None where no word has one."""

    def mend(match: re.Match[str]) -> str:
        word = match[0].casefold()
        near = [(distance(word, other), other) for other in candidates.get(word, ())]
        best = min((pair for pair in near if 0 < pair[0] <= allowed(word)), default=None)
        return best[1] if best and word not in candidates.get(word, ()) else match[0]

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
