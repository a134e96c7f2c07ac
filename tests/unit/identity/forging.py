"""Tokens as we make them and as others might: written by hand, so that no library keeps a forger from anything."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from lms_adapters.security.keys import KeyRing, Private, key_of
from lms_adapters.security.tokens import PyJwtTokens
from lms_domain.kernel import UserId, new_id

USER = UserId(new_id())
SECRET = "a key of more than thirty-two bytes, for tests"
KEYS: dict[str, Private] = {
    "HS256": SECRET.encode(),
    "EdDSA": Ed25519PrivateKey.generate(),
    "RS256": generate_private_key(65537, 3072),
}
STRANGE_KEYS: dict[str, Private] = {
    "HS256": b"somebody else's key, as long as it has to be",
    "EdDSA": Ed25519PrivateKey.generate(),
    "RS256": generate_private_key(65537, 3072),
}
# Every key is accepted, so that one may be tried in the place of another.
TOKENS = PyJwtTokens(KeyRing(KEYS["HS256"], [KEYS["EdDSA"], KEYS["RS256"]]), SECRET)
HASHES = {"RS256": hashes.SHA256(), "RS384": hashes.SHA384(), "RS512": hashes.SHA512()}


def header(algorithm: str, **changes: Any) -> dict[str, Any]:
    return {"alg": algorithm, "kid": key_of(KEYS[algorithm]).kid, "typ": "at+jwt"} | changes


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": "lms", "aud": "lms", "sub": str(USER), "roles": ["student"], "sid": str(USER), "ver": 1, "jti": "j"}
    return good | {"iat": now, "nbf": now, "exp": now + 60} | changes


def without(values: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key not in names}


def token(head: object, payload: object, key: Private, *, algorithm: str = "") -> str:
    """`algorithm`: how it is really signed, where the header says something else."""
    signed = f"{part(head)}.{part(payload)}"
    return f"{signed}.{base64url(signature(signed.encode(), key, algorithm))}"


def good(algorithm: str, **changes: Any) -> str:
    return token(header(algorithm), claims(**changes), KEYS[algorithm])


def cut(algorithm: str) -> tuple[str, str, str]:
    head, payload, signed = good(algorithm).split(".")
    return head, payload, signed


def signature(signed: bytes, key: Private, algorithm: str = "") -> bytes:
    if isinstance(key, bytes):
        return hmac.new(key, signed, algorithm or hashlib.sha256).digest()
    if isinstance(key, RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), HASHES[algorithm or "RS256"])
    return key.sign(signed)


def part(value: object) -> str:
    return base64url(value if isinstance(value, bytes) else json.dumps(value).encode())


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
