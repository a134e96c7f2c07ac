"""Keys that somebody could guess: placeholders, and texts that were typed instead of drawn."""

import re
from collections.abc import Sequence
from itertools import pairwise

FEWEST = 8  # different characters; 32 random ones of hex have fewer once in 10^7 draws
SAFE = 38.5  # 2^128, as a power of ten: whoever has to guess that often does not care how the key was made
MOST_FOUND = 4.5  # powers of ten; in 10,000 random ones of base64 and base32 zxcvbn found 2.6 at most
READ = 72  # characters; zxcvbn takes 60 ms for them, and more than twice as long for twice as many
HEX = re.compile(r"[0-9a-f]+")
NO_WORD = re.compile(r"[\W_]+")
PLACEHOLDERS = (
    "changeme",
    "change-me",
    "change_me",
    "development",
    "example",
    "insecure",
    "password",
    "placeholder",
    "replace",
    "secret",
    "your-key",
    "your_key",
)


def is_weak(key: str) -> bool:
    lower = key.lower()
    has_few = len(set(key)) < min(FEWEST, len(key) // 4)
    return has_few or is_placeholder(lower) or _is_repeated(lower) or _is_a_row(lower) or _is_typed(lower)


def guesses(text: str, tried: Sequence[str] = ()) -> float:
    """By zxcvbn, as a power of ten. `tried`: what would be guessed first."""
    from zxcvbn import zxcvbn  # noqa: PLC0415 (30 ms, and only production needs it)

    return float(zxcvbn(text[:READ], user_inputs=list(tried))["guesses_log10"])


def is_placeholder(text: str) -> bool:
    return any(word in text.lower() for word in PLACEHOLDERS)


def _is_typed(key: str) -> bool:
    """Words, dates, ways over a keyboard, with or without hyphens: each makes a key easier than its length says. In hex
    zxcvbn sees dates and rows of digits that are none, so half of it has to be found.
    """
    plain = NO_WORD.sub("", key)[:READ]
    needed = guesses(plain)
    found = len(plain) - needed  # a character of which it makes nothing counts as ten guesses
    return needed < SAFE and found > (len(plain) / 2 if HEX.fullmatch(plain) else MOST_FOUND)


def _is_repeated(key: str) -> bool:
    """The same again and again: as much as half of it, or less."""
    return any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))


def _is_a_row(key: str) -> bool:
    """abcdef, 987654, aaaabbbb: most characters follow from the one before."""
    steps = [ord(after) - ord(before) for before, after in pairwise(key)]
    return any(steps.count(step) * 2 > len(steps) for step in (-1, 0, 1))
