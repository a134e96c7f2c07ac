"""How hard a password is to guess, by zxcvbn."""

import asyncio
import unicodedata
from collections.abc import Sequence
from functools import cache

from lms_domain.identity.passwords import Strength
from lms_domain.kernel import Secret

READ = 72  # characters: guessing at more of them takes zxcvbn seconds, and makes no password weaker
HINTS, HINT = 10, 100  # how many, of how many characters


class ZxcvbnStrengths:
    async def of(self, password: Secret, hints: Sequence[str], /) -> Strength:
        """In a thread: some take 60 ms."""
        return await asyncio.to_thread(_strength, unicodedata.normalize("NFC", password.reveal()), hints)


def _strength(password: str, hints: Sequence[str]) -> Strength:
    from zxcvbn import zxcvbn  # noqa: PLC0415 (30 ms, and only registering needs it)

    words = [word for hint in hints for word in (hint, *hint.replace("@", " ").split()) if word]
    found = zxcvbn(password[:READ], user_inputs=[word[:HINT] for word in words[:HINTS]])
    return Strength(found["score"], password.lower() in _common(), found["feedback"]["warning"] or "")


@cache
def _common() -> frozenset[str]:
    """The 30,000 most common ones of leaks; zxcvbn brings them."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415

    return frozenset(FREQUENCY_LISTS["passwords"])
