"""Tokens that name a row and that nobody can make without the key; the row holds nothing of them."""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

ID_BYTES, TOKEN_BYTES = 16, 48


class HmacSeals:
    def __init__(self, secret: str) -> None:
        self._secret = hashlib.sha256(b"seals:" + secret.encode()).digest()

    def seal(self, purpose: str, id: UUID, /) -> str:
        return base64.urlsafe_b64encode(id.bytes + self._code(purpose, id.bytes)).decode()

    def open(self, purpose: str, token: str, /) -> UUID | None:
        try:
            raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return None
        id, code = raw[:ID_BYTES], raw[ID_BYTES:]
        good = len(raw) == TOKEN_BYTES and hmac.compare_digest(code, self._code(purpose, id))
        return UUID(bytes=id) if good else None

    def _code(self, purpose: str, id: bytes) -> bytes:
        return hmac.new(self._secret, purpose.encode() + b"\0" + id, hashlib.sha256).digest()
