"""bcrypt in threads of its own: a hash takes 200 ms of a processor, and nobody else should wait for that."""

import asyncio
import base64
import hashlib
import os
import platform
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress

import bcrypt

from lms_adapters.security.places import Places
from lms_domain.identity.errors import TooManyAtOnce
from lms_domain.identity.lockout import ON_THIS_MACHINE, Line
from lms_domain.kernel import Secret

BCRYPT = "$2"  # how its hashes begin
WAITING = 64  # hashes that may wait; one more is told to come back
RESERVED = 32  # that may wait besides, from devices that somebody has signed in with before
NICENESS, NICEST = 19, 19  # above the server's own, which an ordinary user cannot go below


class BcryptPasswords:
    """The password is brought to NFC, so that every keyboard writes the same one, and then goes through SHA-256:
    bcrypt by itself reads 72 bytes, and stops at a NUL.
    """

    def __init__(self, *, rounds: int = 12, threads: int = 2) -> None:
        self._rounds = rounds
        self._pool = ThreadPoolExecutor(threads, "hashing", initializer=_step_back)
        self._common, self._own = Places(WAITING), Places(RESERVED)
        self._nobodys = bcrypt.gensalt(rounds) + b"." * 31  # shaped as a hash is, of no password

    async def hash(self, password: Secret, /, *, line: Line = ON_THIS_MACHINE) -> Secret:
        made = await self._in_pool(line, bcrypt.hashpw, _prepared(password), bcrypt.gensalt(self._rounds))
        return Secret(made.decode())

    async def verify(self, password: Secret, hashed: Secret | None, /, *, line: Line = ON_THIS_MACHINE) -> bool:
        is_one = hashed is not None and hashed.reveal().startswith(BCRYPT)  # else no password opens the account
        known = hashed.reveal().encode() if hashed is not None and is_one else self._nobodys
        same = await self._in_pool(line, self._is_same, _prepared(password), known)
        return bool(same) and is_one

    def is_outdated(self, hashed: Secret, /) -> bool:
        return _cost_of(hashed.reveal()) != self._rounds

    def _is_same(self, password: bytes, known: bytes) -> bool:
        """A wrong one takes the work of today's cost, also of an older hash: 2^c, and 2^c + ... + 2^(rounds-1) more."""
        same = bcrypt.checkpw(password, known)
        if not same:
            for cost in range(_cost_of(known.decode()), self._rounds):
                bcrypt.hashpw(password, bcrypt.gensalt(cost))
        return same

    async def _in_pool(self, line: Line, work: object, *args: bytes) -> bytes:
        with self._place_in(line):
            return await asyncio.get_running_loop().run_in_executor(self._pool, work, *args)  # type: ignore[arg-type]

    def _place_in(self, line: Line) -> AbstractContextManager[None]:
        places = [self._own, self._common] if line.is_known_device else [self._common]
        for each in places:
            if each.has_one_for(line.network):
                return each.one_for(line.network)
        raise TooManyAtOnce


def _cost_of(hashed: str) -> int:
    """`$2b$12$...`: it stands between the second $ and the third."""
    return int(hashed.split("$")[2])


def _prepared(password: Secret) -> bytes:
    text = unicodedata.normalize("NFC", password.reveal())
    return base64.b64encode(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())


def _step_back() -> None:
    """On Linux niceness is a thread's: requests go before hashes. Where that is forbidden, hashes still work."""
    if platform.system() != "Linux":
        return
    thread = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, min(os.getpriority(os.PRIO_PROCESS, thread) + NICENESS, NICEST))
