"""Tokens that say the same thing in another way, and keys that make forging easy; signed with our key where that helps.

Nobody but us can sign these. That they are refused all the same keeps a fault elsewhere from becoming a way in.
"""

import base64
import json
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from tests.unit.identity.forging import (
    KEYS,
    SECRET,
    TOKENS,
    USER,
    base64url,
    bytes_of,
    claims,
    cut,
    good,
    header,
    part,
    signature,
    token,
)

from lms_adapters.security.keys import KeyRing, key_of
from lms_domain.kernel import Unauthenticated

Forge = Callable[[str], str]
ALGORITHMS = pytest.mark.parametrize("algorithm", KEYS)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
HUGE = 10**30
ME = str(USER)
ADMIN = {"sub": ME, "sid": ME, "ver": 1}


def is_refused(forged: str) -> bool:
    try:
        TOKENS.verify(forged)
    except Unauthenticated:
        return True
    return False


def signed(algorithm: str, head: str, payload: str) -> str:
    """Over whatever the two parts are."""
    first = f"{head}.{payload}"
    return f"{first}.{base64url(signature(first.encode(), KEYS[algorithm]))}"


# The algorithm


@ALGORITHMS
@pytest.mark.parametrize("letters", list(product(*zip("none", "NONE", strict=True))), ids="".join)
def test_no_spelling_of_none_is_an_algorithm(algorithm: str, letters: tuple[str, ...]) -> None:
    head = part(header(algorithm, alg="".join(letters)))
    for forged in (f"{head}.{part(claims())}.", f"{head}.{part(claims())}", signed(algorithm, head, part(claims()))):
        assert is_refused(forged)


@pytest.mark.parametrize(("kid", "said", "real"), list(product(KEYS, repeat=3)))
def test_kid_algorithm_and_signature_are_of_one_key(kid: str, said: str, real: str) -> None:
    head = header(kid, alg=said)
    assert is_refused(token(head, claims(), KEYS[real])) == (len({kid, said, real}) > 1)


@ALGORITHMS
@pytest.mark.parametrize("name", ["ES256", "ES256K", "ES384", "ES512"])
@pytest.mark.parametrize("zeros", [bytes(64), bytes(96), bytes(132), bytes.fromhex("3006020100020100"), b""])
def test_a_signature_of_zeros_is_none(algorithm: str, name: str, zeros: bytes) -> None:
    """CVE-2022-21449: r and s of zero."""
    assert is_refused(f"{part(header(algorithm, alg=name))}.{part(claims())}.{base64url(zeros)}")


# How it is written


def spare_bits(text: str) -> list[str]:
    """Other spellings of the same bytes: the last character has bits that say nothing."""
    spare = {2: 4, 3: 2}.get(len(text) % 4, 0)
    value = ALPHABET.index(text[-1])
    return [text[:-1] + ALPHABET[value + more] for more in range(1, 2**spare)]


def whitespaced(text: str) -> list[str]:
    return [
        f"{text[:5]}{space}{text[5:]}" for space in (" ", "\t", "\n", "\r\n", "\v", "\0", "\u00a0", "\u200b", "=")
    ] + [f"{text}{behind}" for behind in ("=", "==", "\n", " ", "%3D", "\uff0e")]


SPELLINGS: dict[str, Callable[[str], list[str]]] = {
    "spare bits": spare_bits,
    "whitespace and padding": whitespaced,
    "the other alphabet": lambda text: [base64.b64encode(bytes_of(text)).decode().rstrip("=") + "+/"],
    "a character too many": lambda text: [text + "A" * (1 + (4 - len(text)) % 4)],
    "wide letters": lambda text: [text[:-1] + chr(ord(text[-1]) + 0xFEE0)],
    "percent": lambda text: [f"%{ord(text[0]):02x}{text[1:]}"],
}


@ALGORITHMS
@pytest.mark.parametrize("place", range(3))
@pytest.mark.parametrize("case", SPELLINGS)
def test_each_part_has_one_spelling(algorithm: str, place: int, case: str) -> None:
    """Where the spelling is signed itself, its signature is made anew."""
    parts = [part(header(algorithm)), part(claims(filler="x")), ""]
    while len(parts[1]) % 4 == 0:
        parts[1] = part(claims(filler="x" * len(parts[1])))
    parts[2] = signed(algorithm, *parts[:2]).split(".")[2]
    assert not is_refused(".".join(parts))
    for spelled in SPELLINGS[case](parts[place]):
        changed = [*parts[:place], spelled, *parts[place + 1 :]]
        assert is_refused(".".join(changed))
        assert place == 2 or is_refused(_signed_anew(algorithm, changed))


def _signed_anew(algorithm: str, parts: list[str]) -> str:
    first = ".".join(parts[:2])
    return f"{first}.{base64url(signature(first.encode('utf-8', 'surrogatepass'), KEYS[algorithm]))}"


JSON: dict[str, Callable[[str], str]] = {
    "spaces are allowed": lambda text: text.replace(":", " : "),
    "in UTF-8 with a mark": lambda text: "\ufeff" + text,
    "with a comma behind": lambda text: text[:-1] + ",}",
    "with a comment": lambda text: text + "//",
    "with single quotes": lambda text: text.replace('"', "'"),
    "twice": lambda text: text + text,
    "in a list": lambda text: f"[{text}]",
    "as a string": json.dumps,
    "with a zero byte": lambda text: text + "\0",
    "with NaN": lambda text: text[:-1] + ',"x":NaN}',
    "with -Infinity": lambda text: text[:-1] + ',"x":-Infinity}',
    "with a name twice": lambda text: text[:-1] + ',"x":1,"x":1}',
    "with a name twice, deeper": lambda text: text[:-1] + ',"x":{"y":1,"y":2}}',
    "with a name written twice": lambda text: text[:-1] + ',"x":1,"\\u0078":1}',
    "cut off": lambda text: text[:-1],
}


@ALGORITHMS
@pytest.mark.parametrize("case", JSON)
def test_json_is_read_strictly(algorithm: str, case: str) -> None:
    head, payload = json.dumps(header(algorithm)), json.dumps(claims())
    is_fine = case == "spaces are allowed"
    assert is_refused(token(header(algorithm), JSON[case](payload).encode(), KEYS[algorithm])) != is_fine
    assert is_refused(token(JSON[case](head).encode(), claims(), KEYS[algorithm])) != is_fine


@ALGORITHMS
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"])
def test_json_is_in_utf_8(algorithm: str, encoding: str) -> None:
    payload = json.dumps(claims()).replace("{", "{" + " " * 5).encode(encoding)
    if encoding == "utf-7" and payload == json.dumps(claims()).replace("{", "{" + " " * 5).encode():
        return  # the same bytes
    assert is_refused(token(header(algorithm), payload, KEYS[algorithm]))
    assert is_refused(token(json.dumps(header(algorithm)).encode(encoding), claims(), KEYS[algorithm]))


@ALGORITHMS
@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
@pytest.mark.parametrize("is_first", [True, False])
def test_no_field_of_a_header_is_there_twice(algorithm: str, name: str, *, is_first: bool) -> None:
    fields = json.dumps(header(algorithm))[1:-1]
    other = json.dumps({name: "none"})[1:-1]
    head = f"{{{other}, {fields}}}" if is_first else f"{{{fields}, {other}}}"
    assert is_refused(token(head.encode(), claims(), KEYS[algorithm]))


@ALGORITHMS
@pytest.mark.parametrize("name", list(claims()))
@pytest.mark.parametrize("is_first", [True, False])
def test_no_claim_is_there_twice(algorithm: str, name: str, *, is_first: bool) -> None:
    """Two readers might believe one of them each."""
    values = claims()
    fields, again = json.dumps(values)[1:-1], json.dumps({name: values[name]})[1:-1]
    payload = f"{{{again}, {fields}}}" if is_first else f"{{{fields}, {again}}}"
    assert is_refused(token(header(algorithm), payload.encode(), KEYS[algorithm]))


@ALGORITHMS
@pytest.mark.parametrize("deep", [b"[" * 700 + b"]" * 700, b'{"a":' * 400 + b"1" + b"}" * 400, b"[" * 2500])
def test_a_deep_payload_breaks_nothing(algorithm: str, deep: bytes) -> None:
    payload = json.dumps(claims())[:-1].encode() + b', "x": ' + deep + b"}"
    whole = token(header(algorithm), payload, KEYS[algorithm])
    if len(whole) > 4096 or deep.count(b"[") == 2500:
        assert is_refused(whole)
    else:
        assert TOKENS.verify(whole).actor.id == USER  # it is ours, after all


@pytest.mark.parametrize("size", [4097, 65_536, 1_000_000])
@pytest.mark.parametrize("form", ["x", ".", "x.", "é", "{", "A.A.A"])
def test_whatever_is_long_is_refused(size: int, form: str) -> None:
    assert is_refused((form * size)[:size])
    head, payload, tail = cut("HS256")
    assert is_refused(f"{head}.{payload}{form * size}.{tail}")
    assert is_refused(f"{head}.{payload}.{tail}{form * size}")


# What it says

NUMBERS, IDS = ("exp", "nbf", "iat", "ver"), ("sub", "sid")
NO_NUMBERS: list[Any] = [None, "1", [], {}, True, 1.5, -1, 0, -HUGE, HUGE, 2**53]
NO_IDS: list[Any] = [None, "", 0, True, [], {}, [ME], {"id": ME}, f"urn:uuid:{ME}", f"{{{ME}}}", ME.replace("-", "")]
NO_IDS += [f" {ME}", f"{ME}\n", f"{ME}\0", ME[:-1], f"A{ME[1:]}"]
NO_TEXTS: list[Any] = [None, 1, [], {}, True]
NO_ROLES: list[Any] = [None, 1, "", "admin", {}, {"admin": 1}, [1], [None], ["Admin"], ["admin "], [True], [["admin"]]]
NO_ADMINS: list[Any] = [None, 1, "", ME, [], {}, [ADMIN], {"sub": ME}, {"sub": ME, "sid": ME}]
WRONG: list[dict[str, Any]] = [
    *({name: value} for name in NUMBERS for value in NO_NUMBERS),
    *({name: value} for name in IDS for value in NO_IDS),
    *({"jti": value} for value in NO_TEXTS),
    *({"iss": value} for value in [*NO_TEXTS, "lms ", " lms", "lms\0", "lms/", {"lms": 1}]),
    *({"aud": value} for value in [*NO_TEXTS, "lms ", "LMS", "lms,lms", ["lms"], [["lms"]], {"lms": 1}]),
    *({"roles": value} for value in NO_ROLES),
    *({"act": value} for value in NO_ADMINS),
    *({"act": ADMIN | {"ver": value}} for value in NO_NUMBERS),
    *({"act": ADMIN | {name: value}} for name in IDS for value in NO_IDS),
]


@ALGORITHMS
@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_a_claim_of_another_kind_is_refused(algorithm: str, wrong: dict[str, Any]) -> None:
    assert is_refused(good(algorithm, **wrong))


@ALGORITHMS
@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "ver"])
@pytest.mark.parametrize(
    "written", ["1e10", "1E400", "-0", "NaN", "Infinity", "9" * 1000, "9" * 4000, "0x7fffffff", "01"]
)
def test_a_number_is_written_as_a_whole_one(algorithm: str, name: str, written: str) -> None:
    payload = json.dumps(claims(**{name: "@"})).replace('"@"', written)
    assert is_refused(token(header(algorithm), payload.encode(), KEYS[algorithm]))


@ALGORITHMS
def test_an_admin_who_stands_in_is_read(algorithm: str) -> None:
    """The table above starts from something good."""
    bearer = TOKENS.verify(good(algorithm, act=ADMIN))
    assert bearer.actor.acting_admin_id == USER
    assert len(bearer.rests_on) == 2


# Keys that make it easy

SMALL = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("point", SMALL)
@pytest.mark.parametrize("sign", [0, 128])
def test_an_ed25519_key_of_small_order_is_refused(point: str, sign: int) -> None:
    """With some of them a signature of zeros is good for every message."""
    raw = bytearray.fromhex(point)
    raw[31] |= sign
    with pytest.raises(ValueError, match="small order"):
        KeyRing(SECRET.encode(), [Ed25519PublicKey.from_public_bytes(bytes(raw))])


@pytest.mark.parametrize("exponent", [1, 2, 3, 65536])
def test_an_rsa_key_with_a_weak_exponent_is_refused(exponent: int) -> None:
    """With 1 a signature is the padded digest itself; with 3 faults of padding have been enough."""
    modulus = generate_private_key(65537, 3072).public_key().public_numbers().n
    with pytest.raises(ValueError, match=r"e must|exponent"):
        key_of(RSAPublicNumbers(exponent, modulus).public_key())
