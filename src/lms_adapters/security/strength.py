"""How hard a password is to guess, by zxcvbn."""

import asyncio
import unicodedata
from collections.abc import Sequence
from functools import cache

from lms_domain.identity.passwords import Strength
from lms_domain.kernel import Secret

READ = 72  # characters: guessing at more of them takes zxcvbn seconds, and makes no password weaker
HINTS, HINT = 12, 100  # how many, of how many characters


class ZxcvbnStrengths:
    """`words`: that somebody who knows the place would try, whoever the owner is."""

    def __init__(self, words: Sequence[str] = ()) -> None:
        self._words = _guesses(words)

    async def of(self, password: Secret, hints: Sequence[str], /) -> Strength:
        """In a thread: some take 60 ms."""
        tried = [*_guesses(hints)[:HINTS], *self._words]
        return await asyncio.to_thread(_strength, unicodedata.normalize("NFC", password.reveal()), tried)


def _guesses(hints: Sequence[str]) -> list[str]:
    """Each whole, without its spaces, and word by word."""
    parts = ((hint, hint.replace("@", " ").split()) for hint in hints)
    return [word[:HINT] for hint, words in parts for word in dict.fromkeys((hint, "".join(words), *words)) if word]


def _strength(password: str, tried: list[str]) -> Strength:
    from zxcvbn import zxcvbn  # noqa: PLC0415 (30 ms, and only registering needs it)

    found = zxcvbn(password[:READ], user_inputs=tried)
    return Strength(found["score"], password.lower() in _common(), found["feedback"]["warning"] or "")


@cache
def _common() -> frozenset[str]:
    """The 30,000 most common ones of leaks; zxcvbn brings them."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
