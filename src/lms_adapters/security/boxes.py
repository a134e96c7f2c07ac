"""Secrets that have to be read again: in AES-256-GCM, each for one owner, under keys that can be replaced."""

import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lms_domain.kernel import Secret

KEY_ID, NONCE = 8, 12  # bytes


class UnreadableBoxError(RuntimeError):
    """The key that it was closed with is not among the keys any more, or it belongs to somebody else."""


class Boxes:
    """The first key closes, all of them open."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        made = [hashlib.sha256(b"boxes:" + key.reveal().encode()).digest() for key in keys]
        self._keys = {hashlib.sha256(b"id:" + key).digest()[:KEY_ID]: AESGCM(key) for key in made}
        self._current = next(iter(self._keys))

    def close(self, content: bytes, *, owner: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return self._current + nonce + self._keys[self._current].encrypt(nonce, content, owner)

    def open(self, box: bytes, *, owner: bytes) -> bytes:
        key = self._keys.get(box[:KEY_ID])
        if key is None:
            raise UnreadableBoxError
        try:
            return key.decrypt(box[KEY_ID : KEY_ID + NONCE], box[KEY_ID + NONCE :], owner)
        except InvalidTag:
            raise UnreadableBoxError from None

    def is_outdated(self, box: bytes) -> bool:
        return box[:KEY_ID] != self._current
