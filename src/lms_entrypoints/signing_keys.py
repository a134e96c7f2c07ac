"""Signing keys as they are written in a configuration: PEM for Ed25519 and RSA, `hs256:` and a secret for HMAC."""

import re

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

SigningKey = bytes | Ed25519PrivateKey | RSAPrivateKey
AnyKey = SigningKey | Ed25519PublicKey | RSAPublicKey

PEM = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
# Without it a forgotten `BEGIN`, or the path of a file, would be a secret that everybody can guess.
SECRET = "hs256:"  # noqa: S105 (a mark, not a secret)
SHORTEST_SECRET = 32  # bytes, RFC 7518 §3.2
RSA_BITS = range(3072, 8192 + 1)  # fewer are easier to break than other keys; above, a token gets longer than we read


class UnusableKeyError(ValueError):
    """Says why, and nothing of the key."""


def keys_in(text: str) -> list[AnyKey]:
    r"""PEM blocks (their line ends may be written as \n) and lines that start with `hs256:`."""
    found = [_from_pem(block[1], block[0].replace("\\n", "\n")) for block in PEM.finditer(text)]
    rest = (line.strip() for line in PEM.sub("\n", text).splitlines())
    return found + [_from_secret(line) for line in rest if line.replace("\\n", "")]


def signing_key_in(text: str) -> SigningKey:
    found = keys_in(text)
    if len(found) != 1:
        raise UnusableKeyError(f"must be one key, and holds {len(found)}")
    if isinstance(found[0], Ed25519PublicKey | RSAPublicKey):
        raise UnusableKeyError("is a public key; to sign takes the private one")
    return found[0]


def _from_secret(line: str) -> bytes:
    if not line.startswith(SECRET):
        raise UnusableKeyError(f"must be PEM, or {SECRET} and a secret")
    secret = line.removeprefix(SECRET).encode("utf-8", "surrogateescape")
    if len(secret) < SHORTEST_SECRET:
        raise UnusableKeyError(f"has a secret of less than {SHORTEST_SECRET} bytes")
    return secret


def _from_pem(label: str, block: str) -> AnyKey:
    if "ENCRYPTED" in block:
        raise UnusableKeyError("is encrypted with a passphrase, and must not be")
    try:
        if label.endswith("PRIVATE KEY"):
            key: object = load_pem_private_key(block.encode(), password=None)
        elif label.endswith("PUBLIC KEY"):
            key = load_pem_public_key(block.encode())
        else:
            raise UnusableKeyError(f"is a {label.lower()}, and must be a key")
    except (UnsupportedAlgorithm, TypeError, ValueError) as error:
        raise error if isinstance(error, UnusableKeyError) else UnusableKeyError("is PEM that cannot be read") from None
    if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey | RSAPrivateKey | RSAPublicKey):
        raise UnusableKeyError("is neither an Ed25519 nor an RSA key")
    if isinstance(key, RSAPrivateKey | RSAPublicKey) and key.key_size not in RSA_BITS:
        raise UnusableKeyError(f"is RSA of {key.key_size} bits, and must have {RSA_BITS[0]} to {RSA_BITS[-1]}")
    return key
