"""Idempotency-Key on every POST: the answer is stored, sealed, in the transaction of its effect."""

import hashlib
import hmac
import os
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Request, Response
from litestar.serialization import default_serializer

from lms_domain.idempotency import Answer, Attempt, Replayed
from lms_domain.kernel import Again, Conflict, Invalid, Problem
from lms_entrypoints.http.envelope import stored

HEADER = "idempotency-key"
LONGEST_KEY = 255


class AnswerUnreadable(Conflict):
    message = "The answer kept for this Idempotency-Key can no longer be read; use a new key."


class AnswerSeal:
    """AES-256-GCM under a key made of the server's secret and the caller's key, which is stored nowhere else.

    An answer may hold tokens; so neither the database alone nor the server alone can read one.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def digest(self, *parts: bytes) -> bytes:
        """Tells requests apart. Keyed, because a body may hold a password."""
        code = hmac.new(self._secret, b"digest", hashlib.sha256)
        for part in parts:
            code.update(len(part).to_bytes(8, "big") + part)
        return code.digest()

    def close(self, attempt: Attempt, result: object) -> bytes:
        value = result.value if isinstance(result, Again) else result
        nonce = os.urandom(12)
        data = msgspec.json.encode(value, enc_hook=default_serializer)
        return nonce + AESGCM(self._key(attempt)).encrypt(nonce, data, None)

    def open(self, attempt: Attempt, answer: Answer) -> bytes:
        try:
            return AESGCM(self._key(attempt)).decrypt(answer.body[:12], answer.body[12:], None)
        except InvalidTag:
            raise AnswerUnreadable from None

    def stored_key(self, key: str) -> str:
        """What the database knows the key as: the key itself opens the answer, so it is not stored."""
        return hmac.new(self._secret, b"stored" + key.encode(), hashlib.sha256).hexdigest()

    def _key(self, attempt: Attempt) -> bytes:
        return hmac.new(self._secret, b"seal" + attempt.key.encode(), hashlib.sha256).digest()


def key_of(request: Request[Any, Any, Any]) -> str | None:
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    if not 1 <= len(key) <= LONGEST_KEY or not key.isprintable():
        raise Invalid(Problem("Idempotency-Key", f"1 to {LONGEST_KEY} printable characters"))
    return key


def replayed(seal: AnswerSeal, request: Request[Any, Any, Any], error: Replayed) -> Response[Any]:
    attempt = request.state.attempt
    return stored(seal.open(attempt, error.answer), status=error.answer.status)
