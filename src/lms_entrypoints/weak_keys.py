"""Keys that somebody could guess: placeholders, and texts that were typed instead of drawn."""

from itertools import pairwise

FEWEST = 8  # different characters; 32 random ones of hex have fewer once in 10^7 draws
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
    return len(set(key)) < FEWEST or is_placeholder(lower) or _is_repeated(lower) or _is_a_row(lower)


def is_placeholder(text: str) -> bool:
    return any(word in text.lower() for word in PLACEHOLDERS)


def _is_repeated(key: str) -> bool:
    """The same again and again: as much as half of it, or less."""
    return any(key[period:] == key[:-period] for period in range(1, len(key) // 2 + 1))


def _is_a_row(key: str) -> bool:
    """abcdef, 987654, aaaabbbb: most characters follow from the one before."""
    steps = [ord(after) - ord(before) for before, after in pairwise(key)]
    return any(steps.count(step) * 2 > len(steps) for step in (-1, 0, 1))
