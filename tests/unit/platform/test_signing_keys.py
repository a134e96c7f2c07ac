"""Signing keys come from the environment or from files, and what cannot sign well is named at the start."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from lms_adapters.security.keys import KeyRing, key_of
from lms_entrypoints.adapters import key_ring
from lms_entrypoints.container import Container
from lms_entrypoints.settings import DEVELOPMENT_KEY, Settings, SettingsError, load
from lms_entrypoints.signing_keys import keys_in

ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 3072)
SECRET = "a secret of more than thirty-two bytes"
SHORT, ALMOST = 1024, 3064  # bits


def pem(key: PrivateKeyTypes, form: PrivateFormat = PrivateFormat.PKCS8, passphrase: bytes = b"") -> str:
    locked = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, form, locked).decode()


def public_pem(key: PrivateKeyTypes, form: PublicFormat = PublicFormat.SubjectPublicKeyInfo) -> str:
    return key.public_key().public_bytes(Encoding.PEM, form).decode()


def ring(**environment: str) -> KeyRing:
    return key_ring(load(environment))


def problem(**environment: str) -> str:
    with pytest.raises(SettingsError) as refused:
        load(environment)
    return str(refused.value)


def test_without_a_setting_the_secret_key_signs_with_hs256() -> None:
    for environment in ({}, {"TOKENS_SIGNING_KEY": "", "TOKENS_OTHER_KEYS": "", "TOKENS_OTHER_KEYS_FILE": ""}):
        made = ring(SECURITY_SECRET_KEY=SECRET, **environment)
        assert (made.current.algorithm, made.signing) == ("HS256", SECRET.encode())
        assert made.public() == []


@pytest.mark.parametrize(
    ("written", "algorithm"),
    [
        (pem(ED25519), "EdDSA"),
        (pem(RSA), "RS256"),
        (pem(RSA, PrivateFormat.TraditionalOpenSSL), "RS256"),
        (pem(ED25519).replace("\n", "\\n"), "EdDSA"),
        (pem(RSA).replace("\n", "\r\n"), "RS256"),
        ("\n\n" + pem(RSA) + "\n", "RS256"),
        (f"hs256:{SECRET}", "HS256"),
        (f"hs256:{SECRET}\n", "HS256"),
    ],
    ids=range(8),
)
def test_a_key_is_given_as_a_value_or_as_a_file(written: str, algorithm: str, tmp_path: Path) -> None:
    file = tmp_path / "signing"
    file.write_bytes(written.encode())
    for made in (ring(TOKENS_SIGNING_KEY=written), ring(TOKENS_SIGNING_KEY_FILE=str(file))):
        assert made.current.algorithm == algorithm
        assert made.get(key_of(DEVELOPMENT_KEY.encode()).kid) is None, "the default signs no more, nor does it verify"


def test_other_keys_are_listed_one_after_another(tmp_path: Path) -> None:
    written = f"hs256:{SECRET}\n{pem(ED25519)}\n{public_pem(RSA, PublicFormat.PKCS1)}hs256:{SECRET[::-1]}\n\n"
    file = tmp_path / "others"
    file.write_text(written)
    wanted = [key_of(key).kid for key in (ED25519, RSA, SECRET.encode(), SECRET[::-1].encode())]
    for variable, value in (("TOKENS_OTHER_KEYS", written), ("TOKENS_OTHER_KEYS_FILE", str(file))):
        made = ring(**{variable: value})
        assert all(made.get(kid) for kid in wanted)
        assert made.current.algorithm == "HS256"
        assert len(made.public()) == 2
    assert len(keys_in(written.replace("\n", "\\n").replace("\\nhs256", "\nhs256"))) == 4


WEAK = {
    "neither": "/run/secrets/a-path-of-more-than-thirty-two-bytes.pem",
    "body alone": "".join(public_pem(RSA).splitlines()[1:-1]),
    "cut off": pem(RSA)[:-10],
    "bare secret": SECRET,
}


@pytest.mark.parametrize("case", WEAK)
def test_what_is_no_key_is_never_taken_for_a_secret(case: str) -> None:
    for name in ("TOKENS_SIGNING_KEY", "TOKENS_OTHER_KEYS"):
        assert f"{name} must be PEM, or hs256:" in problem(**{name: WEAK[case]})


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("hs256:", "less than 32 bytes"),
        (f"hs256:{'x' * 31}", "less than 32 bytes"),
        (pem(rsa.generate_private_key(65537, SHORT)), "1024 bits"),
        (public_pem(rsa.generate_private_key(65537, ALMOST)), "3064 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "neither an Ed25519 nor an RSA key"),
        (pem(ed448.Ed448PrivateKey.generate()), "neither an Ed25519 nor an RSA key"),
        (pem(x25519.X25519PrivateKey.generate()), "neither an Ed25519 nor an RSA key"),
        (public_pem(dsa.generate_private_key(SHORT)), "neither an Ed25519 nor an RSA key"),
        (pem(RSA, passphrase=b"x"), "passphrase"),
        (pem(RSA, PrivateFormat.TraditionalOpenSSL, b"x"), "passphrase"),
        (pem(RSA).replace("M", "N"), "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----", "cannot be read"),
        ("-----BEGIN PUBLIC KEY-----\né\n-----END PUBLIC KEY-----", "cannot be read"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "is a certificate"),
    ],
    ids=range(14),
)
def test_a_weak_or_unreadable_key_is_named_in_one_line(written: str, reason: str) -> None:
    for name in ("TOKENS_SIGNING_KEY", "TOKENS_OTHER_KEYS"):
        told = problem(**{name: written})
        assert told.startswith(name)
        assert reason in told
        assert "\n" not in told
        assert written[-45:-30] not in told or not written[-45:-30]


def test_one_private_key_signs() -> None:
    assert "holds 2" in problem(TOKENS_SIGNING_KEY=pem(RSA) + pem(ED25519))
    assert "holds 0" in problem(TOKENS_SIGNING_KEY=" \n")
    assert "public key" in problem(TOKENS_SIGNING_KEY=public_pem(RSA))


def test_a_file_that_is_empty_away_or_no_text_is_named(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty", tmp_path / "binary"
    empty.touch()
    binary.write_bytes(b"\xff\xfe")
    assert "it is empty" in problem(TOKENS_SIGNING_KEY_FILE=str(empty)), "and the default does not sign instead"
    for name in ("TOKENS_SIGNING_KEY", "TOKENS_OTHER_KEYS"):
        for file in (binary, tmp_path, tmp_path / "away"):
            assert f"{name} cannot be read from {file}" in problem(**{f"{name}_FILE": str(file)})
        assert "choose one" in problem(**{f"{name}_FILE": str(empty), name: f"hs256:{SECRET}"})


def test_all_problems_are_named_at_once() -> None:
    told = problem(TOKENS_SIGNING_KEY="x", TOKENS_OTHER_KEYS="y", TOKENS_ISSUER="", SECURITY_SECRET_KEY="z")
    for name in ("TOKENS_SIGNING_KEY", "TOKENS_OTHER_KEYS", "TOKENS_ISSUER", "SECURITY_SECRET_KEY"):
        assert name in told


@pytest.mark.parametrize("value", ["", " ", "a b", "ä", "x" * 256, "a\n"])
def test_issuer_and_audience_are_names(value: str) -> None:
    told = problem(TOKENS_ISSUER=value, TOKENS_AUDIENCE=value)
    assert "TOKENS_ISSUER" in told
    assert "TOKENS_AUDIENCE" in told


def test_production_takes_the_development_key_nowhere() -> None:
    key = f"hs256:{DEVELOPMENT_KEY}"
    told = problem(ENVIRONMENT="production", TOKENS_SIGNING_KEY=key, TOKENS_OTHER_KEYS=f"{pem(RSA)}\n{key}")
    assert "TOKENS_SIGNING_KEY must not" in told
    assert "TOKENS_OTHER_KEYS must not" in told
    assert DEVELOPMENT_KEY not in told
    assert load({"TOKENS_OTHER_KEYS": key}).tokens.others() == [DEVELOPMENT_KEY.encode()]


def test_keys_are_not_shown() -> None:
    settings = load({"TOKENS_SIGNING_KEY": f"hs256:{SECRET}", "TOKENS_OTHER_KEYS": pem(ED25519)})
    assert SECRET not in repr(settings)
    assert "BEGIN" not in repr(settings)


def test_the_container_gives_tokens_their_settings() -> None:
    tokens = load({"TOKENS_ISSUER": "https://a.example", "TOKENS_AUDIENCE": "b", "TOKENS_SIGNING_KEY": pem(RSA)}).tokens
    made = Container(settings=Settings(tokens=tokens)).tokens()
    assert (made._issuer, made._audience) == ("https://a.example", "b")
    assert [key["alg"] for key in made.public_keys()] == ["RS256"]
