"""Signatures that are nearly right, and keys used for what they are not for."""

import base64
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from tests.unit.identity.forging import (
    KEYS,
    SECRET,
    TOKENS,
    USER,
    base64url,
    bytes_of,
    claims,
    cut,
    header,
    signature,
    token,
)

from lms_adapters.security.keys import Key, key_of
from lms_domain.kernel import Unauthenticated

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def public_forms(key: Key) -> list[bytes]:
    """As a forger may have got hold of a public key: PEM, with and without a line end, DER, JWK, its id."""
    assert not isinstance(key.verifying, bytes)
    info, der = serialization.PublicFormat.SubjectPublicKeyInfo, serialization.Encoding.DER
    pem = key.verifying.public_bytes(serialization.Encoding.PEM, info)
    jwk = json.dumps(key.public)
    forms = [pem, pem.strip(), pem.replace(b"\n", b"\r\n"), key.verifying.public_bytes(der, info)]
    return [*forms, base64.b64encode(forms[-1]), jwk.encode(), key.kid.encode()]


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
@pytest.mark.parametrize("form", range(7))
def test_a_public_key_is_no_secret_to_sign_with(algorithm: str, form: int) -> None:
    secret = public_forms(key_of(KEYS[algorithm]))[form]
    for said in ("HS256", algorithm):
        for kid in (header(algorithm)["kid"], header("HS256")["kid"]):
            with pytest.raises(Unauthenticated):
                TOKENS.verify(token(header(algorithm, alg=said, kid=kid), claims(), secret))


@pytest.mark.parametrize("digest", ["sha1", "sha384", "sha512", "md5"])
def test_hs256_is_with_sha256_alone(digest: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.verify(token(header("HS256"), claims(), KEYS["HS256"], algorithm=digest))


@pytest.mark.parametrize("length", [1, 8, 16, 31])
def test_no_part_of_an_hmac_is_enough(length: int) -> None:
    head, payload, signed = cut("HS256")
    with pytest.raises(Unauthenticated):
        TOKENS.verify(f"{head}.{payload}.{base64url(bytes_of(signed)[:length])}")


@pytest.mark.parametrize(
    "secret", [b"", b"\0" * 32, SECRET.encode() + b"\0", SECRET.encode()[:-1], SECRET.encode() * 2]
)
def test_no_other_secret_will_do(secret: bytes) -> None:
    """An HMAC's key is filled up with zeros to 64 bytes (RFC 2104), so one with a zero more would be the same key."""
    forged = token(header("HS256"), claims(), secret)
    if secret == SECRET.encode() + b"\0":
        assert TOKENS.verify(forged).actor.id == USER
        return
    with pytest.raises(Unauthenticated):
        TOKENS.verify(forged)


def test_an_ed25519_signature_has_one_form() -> None:
    """S and S + L solve the same equation, and only the smaller is allowed (RFC 8032 §5.1.7)."""
    head, payload, signed = cut("EdDSA")
    whole_signature = bytes_of(signed)
    more = int.from_bytes(whole_signature[32:], "little") + ED25519_ORDER
    with pytest.raises(Unauthenticated):
        TOKENS.verify(f"{head}.{payload}.{base64url(whole_signature[:32] + more.to_bytes(32, 'little'))}")


@pytest.mark.parametrize("point", [b"\0" * 32, b"\1" + b"\0" * 31, b"\xec" + b"\xff" * 30 + b"\x7f"])
def test_an_ed25519_signature_of_a_small_point_is_refused(point: bytes) -> None:
    head, payload, _ = cut("EdDSA")
    with pytest.raises(Unauthenticated):
        TOKENS.verify(f"{head}.{payload}.{base64url(point + bytes(32))}")


def rsa_forgeries() -> dict[str, Callable[[bytes], bytes]]:
    key = KEYS["RS256"]
    assert isinstance(key, RSAPrivateKey)
    size, numbers = key.key_size // 8, key.private_numbers()
    modulus = numbers.public_numbers.n

    def raised(block: bytes) -> bytes:
        """Textbook RSA with the private key, over a block that is not padded as it should be."""
        return pow(int.from_bytes(block, "big"), numbers.d, modulus).to_bytes(size, "big")

    def block(signed: bytes, *, kind: bytes = b"\x01", fill: bytes = b"\xff", named: bool = True) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(signed)
        name = bytes.fromhex("3031300d060960864801650304020105000420") if named else b""
        inner = name + digest.finalize()
        return b"\0" + kind + fill * (size - 3 - len(inner)) + b"\0" + inner

    def garbage(signed: bytes) -> bytes:
        """Short padding and the rest behind the digest, Bleichenbacher 2006."""
        tail = block(signed).lstrip(b"\0\x01\xff")
        return (b"\0\x01" + b"\xff" * 8 + b"\0" + tail).ljust(size, b"\0")

    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    plain = padding.PKCS1v15()
    return {
        "none": lambda signed: raised(block(signed)),
        "PSS": lambda signed: key.sign(signed, pss, hashes.SHA256()),
        "SHA-1": lambda signed: key.sign(signed, plain, hashes.SHA1()),  # noqa: S303 (what a forger would use)
        "SHA-384": lambda signed: key.sign(signed, plain, hashes.SHA384()),
        "SHA-512": lambda signed: key.sign(signed, plain, hashes.SHA512()),
        "no name of the digest": lambda signed: raised(block(signed, named=False)),
        "block type 0": lambda signed: raised(block(signed, kind=b"\0", fill=b"\0")),
        "block type 2": lambda signed: raised(block(signed, kind=b"\x02")),
        "padding of ones": lambda signed: raised(block(signed, fill=b"\x01")),
        "garbage behind": lambda signed: raised(garbage(signed)),
        "one": lambda _: b"\x01".rjust(size, b"\0"),
        "the modulus": lambda _: modulus.to_bytes(size, "big"),
        "the modulus less one": lambda _: (modulus - 1).to_bytes(size, "big"),
        "the modulus more": lambda s: (int.from_bytes(signature(s, key), "big") + modulus).to_bytes(size + 1, "big"),
    }


RSA_FORGERIES = rsa_forgeries()
RSA_TRUTH = RSA_FORGERIES.pop("none")


def test_the_forger_of_rsa_signatures_can_make_a_good_one() -> None:
    head, payload, _ = cut("RS256")
    signed = RSA_TRUTH(f"{head}.{payload}".encode())
    assert TOKENS.verify(f"{head}.{payload}.{base64url(signed)}").actor.id == USER


@pytest.mark.parametrize("case", RSA_FORGERIES)
def test_an_rsa_signature_is_padded_and_hashed_in_one_way(case: str) -> None:
    head, payload, _ = cut("RS256")
    forged = RSA_FORGERIES[case](f"{head}.{payload}".encode())
    with pytest.raises(Unauthenticated):
        TOKENS.verify(f"{head}.{payload}.{base64url(forged)}")
