"""What signs access tokens and what verifies them: each key with one algorithm, known by one id."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

ED25519_PRIME = 2**255 - 19
# The y of the points whose order is 1, 2, 4 or 8.
_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
SMALL_ORDER = frozenset({0, 1, ED25519_PRIME - 1, _EIGHTH, ED25519_PRIME - _EIGHTH})

Algorithm = Literal["HS256", "EdDSA", "RS256"]
Private = bytes | Ed25519PrivateKey | RSAPrivateKey
Public = Ed25519PublicKey | RSAPublicKey
Jwk = dict[str, str]

SHORTEST_SECRET = 32  # bytes, RFC 7518 §3.2
SHORTEST_RSA = 3072  # bits, as hard to break as the other keys (NIST SP 800-57 part 1, table 2); RFC 7518 takes 2048
SMALLEST_EXPONENT = 65537  # FIPS 186-5 §A.1.1: smaller ones have made faults of padding into forgeries


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """`public`: as others may see it (RFC 7517); None where verifying takes the secret."""

    kid: str
    algorithm: Algorithm
    verifying: bytes | Public = field(repr=False)
    public: Jwk | None


class KeyRing:
    """One key signs; the others verify, until their tokens are gone or while all servers learn of the next one."""

    def __init__(self, current: Private, others: Iterable[Private | Public] = ()) -> None:
        self.signing, self.current = current, key_of(current)
        self._keys = {key.kid: key for key in [*map(key_of, others), self.current]}

    def get(self, kid: str, /) -> Key | None:
        return self._keys.get(kid)

    def public(self) -> list[Jwk]:
        return [key.public for key in self._keys.values() if key.public is not None]


def key_of(material: Private | Public) -> Key:
    """The material decides the algorithm. Raises ValueError for a weak key."""
    if isinstance(material, bytes):
        return _secret(material)
    verifying = material.public_key() if isinstance(material, Ed25519PrivateKey | RSAPrivateKey) else material
    algorithm, numbers = _ed25519(verifying) if isinstance(verifying, Ed25519PublicKey) else _rsa(verifying)
    kid = thumbprint(numbers)
    public = {**numbers, "kid": kid, "alg": algorithm, "use": "sig"}
    return Key(kid=kid, algorithm=algorithm, verifying=verifying, public=public)


def thumbprint(numbers: Jwk) -> str:
    """RFC 7638: the same on every server, and nobody has to think of a name."""
    return _base64url(hashlib.sha256(json.dumps(numbers, sort_keys=True, separators=(",", ":")).encode()).digest())


def _secret(secret: bytes) -> Key:
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"a signing key has at least {SHORTEST_SECRET} bytes")
    # Not a thumbprint: RFC 7638 §7 warns of plain hashes of secrets.
    kid = _base64url(hmac.new(secret, b"kid", hashlib.sha256).digest())
    return Key(kid=kid, algorithm="HS256", verifying=secret, public=None)


def _ed25519(key: Ed25519PublicKey) -> tuple[Algorithm, Jwk]:
    """RFC 8037 §2. With a key of small order anybody can write signatures, good for any message."""
    y = int.from_bytes(key.public_bytes_raw(), "little") & (1 << 255) - 1
    if y % ED25519_PRIME in SMALL_ORDER:
        raise ValueError("an Ed25519 key is no point of small order")
    return "EdDSA", {"kty": "OKP", "crv": "Ed25519", "x": _base64url(key.public_bytes_raw())}


def _rsa(key: RSAPublicKey) -> tuple[Algorithm, Jwk]:
    """RFC 7518 §6.3.1."""
    if key.key_size < SHORTEST_RSA:
        raise ValueError(f"an RSA key has at least {SHORTEST_RSA} bits")
    numbers = key.public_numbers()
    if numbers.e < SMALLEST_EXPONENT:
        raise ValueError(f"an RSA key has {SMALLEST_EXPONENT} or more as its public exponent")
    return "RS256", {"kty": "RSA", "n": _base64url(_bytes(numbers.n)), "e": _base64url(_bytes(numbers.e))}


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
