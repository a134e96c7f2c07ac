"""What a forger might send, for each algorithm, in the manner of Wycheproof's tests of JSON Web Signatures."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.forging import (
    KEYS,
    STRANGE_KEYS,
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
    without,
)

from lms_adapters.security.compact import LONGEST_TOKEN
from lms_adapters.security.keys import key_of
from lms_domain.kernel import Unauthenticated

Forge = Callable[[str], str]


def headed(**changes: Any) -> Forge:
    """Signed with the right key over a header that says more, or something else."""
    return lambda algorithm: token(header(algorithm, **changes), claims(), KEYS[algorithm])


def lacking(*names: str) -> Forge:
    return lambda algorithm: token(without(header(algorithm), *names), claims(), KEYS[algorithm])


def signature_is(change: Callable[[bytes], bytes]) -> Forge:
    def forge(algorithm: str) -> str:
        head, payload, signed = cut(algorithm)
        return f"{head}.{payload}.{base64url(change(bytes_of(signed)))}"

    return forge


def whole(change: Callable[[str, str, str], str]) -> Forge:
    return lambda algorithm: change(*cut(algorithm))


def raw_header(written: bytes) -> Forge:
    return lambda algorithm: token(written, claims(), KEYS[algorithm])


def another_payload(algorithm: str) -> str:
    head, _, signed = cut(algorithm)
    return f"{head}.{part(claims(roles=['admin']))}.{signed}"


def another_header(algorithm: str) -> str:
    _, payload, signed = cut(algorithm)
    return f"{part(header(algorithm) | {'typ': 'at+jwt '})}.{payload}.{signed}"


def strange_jwk(algorithm: str) -> str:
    """The forger's key comes along, CVE-2018-0114."""
    key = key_of(STRANGE_KEYS[algorithm])
    jwk = key.public or {"kty": "oct", "k": base64url(STRANGE_KEYS["HS256"])}  # type: ignore[arg-type]
    return token(header(algorithm, jwk=jwk), claims(), STRANGE_KEYS[algorithm])


def strange_kid(algorithm: str) -> str:
    key = STRANGE_KEYS[algorithm]
    return token(header(algorithm, kid=key_of(key).kid), claims(), key)


def other_key_of_ours(algorithm: str) -> Forge:
    """Signed by one of our keys, under the id and the algorithm of another."""
    return lambda claimed: (
        token(header(claimed, alg=algorithm), claims(), KEYS[algorithm]) if claimed != algorithm else ""
    )


JSON_DEPTHS = (b"[" * 150, b'{"a":' * 30)
FORGED: dict[str, Forge] = {
    # algorithm
    "none, without a signature": lambda a: f"{part(header(a, alg='none'))}.{part(claims())}.",
    "none, with its signature": lambda a: token(header(a, alg="none"), claims(), KEYS[a]),
    "None": headed(alg="None"),
    "NONE": lambda a: f"{part(header(a, alg='NONE'))}.{part(claims())}.",
    "nOnE": lambda a: f"{part(header(a, alg='nOnE'))}.{part(claims())}.",
    "an empty algorithm": headed(alg=""),
    "no algorithm": lacking("alg"),
    "an algorithm that is null": headed(alg=None),
    "an algorithm that is a list": lambda a: headed(alg=[a])(a),
    "an algorithm in small letters": lambda a: headed(alg=a.lower())(a),
    "an algorithm with a space": lambda a: headed(alg=a + " ")(a),
    **{f"said to be {other}": headed(alg=other) for other in ("HS384", "HS512", "RS384", "RS512", "PS256", "ES256")},
    **{f"said to be {other}": headed(alg=other) for other in ("ES256K", "Ed25519", "Ed448", "dir", "A128KW", "RSA1_5")},
    "signed as our HS256": other_key_of_ours("HS256"),
    "signed as our EdDSA": other_key_of_ours("EdDSA"),
    "signed as our RS256": other_key_of_ours("RS256"),
    # type
    "no type": lacking("typ"),
    **{
        f"type {kind!r}": headed(typ=kind)
        for kind in ("JWT", "jwt", "AT+JWT", "rt+jwt", "application/at+jwt", "", None)
    },
    "type list": headed(typ=["at+jwt"]),
    # key
    "no kid": lacking("kid"),
    **{f"kid {kid!r}": headed(kid=kid) for kid in ("", "0", "../../dev/null", "' or 1=1 --")},
    "kid null": headed(kid=None),
    "kid number": headed(kid=0),
    "kid list": headed(kid=[]),
    "kid object": headed(kid={}),
    "kid of nobody, signed by a stranger": strange_kid,
    "our kid, signed by a stranger": lambda a: token(header(a), claims(), STRANGE_KEYS[a]),
    "kid in other letters": lambda a: headed(kid=header(a)["kid"].swapcase())(a),
    "a stranger's jwk": strange_jwk,
    "our own jwk": lambda a: headed(jwk=key_of(KEYS[a]).public)(a),
    **{
        f"{name}, signed by a stranger": lambda a, name=name: token(  # type: ignore[misc]
            header(a, **{name: "https://forger.example/keys"}), claims(), STRANGE_KEYS[a]
        )
        for name in ("jku", "x5u")
    },
    **{name: headed(**{name: "https://lms.example/keys"}) for name in ("jku", "x5u", "x5t", "x5t#S256")},
    "x5c": headed(x5c=["MIIB"]),
    # what changes what is signed
    "crit of nothing": headed(crit=[]),
    "crit that is unknown": headed(crit=["exp"], exp=0),
    "crit that is null": headed(crit=None),
    "b64": headed(b64=False, crit=["b64"]),
    "b64 without crit": headed(b64=False),
    "compressed": headed(zip="DEF"),
    "encrypted": headed(enc="A128GCM"),
    "content type": headed(cty="JWT"),
    "any other field": headed(x=1),
    # signature
    "no signature": whole(lambda h, p, _: f"{h}.{p}."),
    "a signature of zeros": signature_is(lambda s: bytes(len(s))),
    "a signature of ones": signature_is(lambda s: b"\xff" * len(s)),
    "a signature of one zero": signature_is(lambda _: b"\0"),
    "half a signature": signature_is(lambda s: s[: len(s) // 2]),
    "a signature short by a byte": signature_is(lambda s: s[:-1]),
    "a signature without its first byte": signature_is(lambda s: s[1:]),
    "a signature with a zero before it": signature_is(lambda s: b"\0" + s),
    "a signature with a zero behind it": signature_is(lambda s: s + b"\0"),
    "a signature twice": signature_is(lambda s: s + s),
    "a signature turned around": signature_is(lambda s: s[::-1]),
    "a signature with another first bit": signature_is(lambda s: bytes([s[0] ^ 128]) + s[1:]),
    "a signature with another last bit": signature_is(lambda s: s[:-1] + bytes([s[-1] ^ 1])),
    "the signature of another payload": another_payload,
    "the signature of another header": another_header,
    "the signature of the payload alone": lambda a: ".".join(
        [*cut(a)[:2], base64url(signature(cut(a)[1].encode(), KEYS[a]))]
    ),
    # form
    "padded": whole(lambda h, p, s: f"{h}.{p}.{s}="),
    "padded header": whole(lambda h, p, s: f"{h}=.{p}.{s}"),
    "padded in full": whole(lambda h, p, s: ".".join(each + "=" * (-len(each) % 4) for each in (h, p, s)) + "=="),
    "a space before": whole(lambda h, p, s: f" {h}.{p}.{s}"),
    "a line end behind": whole(lambda h, p, s: f"{h}.{p}.{s}\n"),
    "a space within the signature": whole(lambda h, p, s: f"{h}.{p}.{s[:5]} {s[5:]}"),
    "a strange character within the signature": whole(lambda h, p, s: f"{h}.{p}.{s[:5]}!{s[5:]}"),
    "a zero byte within the signature": whole(lambda h, p, s: f"{h}.{p}.{s[:5]}\0{s[5:]}"),
    "plain base64": whole(lambda h, p, s: f"{h}.{p}.{s[:-2]}+/"),
    "two parts": whole(lambda h, p, _: f"{h}.{p}"),
    "one part": whole(lambda h, *_: h),
    "four parts": whole(lambda h, p, s: f"{h}.{p}.{s}.{s}"),
    "five parts, as if encrypted": whole(lambda h, p, s: f"{h}.{p}.{s}.{p}.{s}"),
    "a dot before": whole(lambda h, p, s: f".{h}.{p}.{s}"),
    "a dot behind": whole(lambda h, p, s: f"{h}.{p}.{s}."),
    "no header": whole(lambda _, p, s: f".{p}.{s}"),
    "no payload": whole(lambda h, _, s: f"{h}..{s}"),
    "dots alone": lambda _: "..",
    "nothing": lambda _: "",
    "a JWS in JSON": lambda a: json.dumps(dict(zip(("protected", "payload", "signature"), cut(a), strict=True))),
    "characters that are none": lambda _: "\udcff.é.\0",
    "too long": lambda a: good(a, filler="x" * LONGEST_TOKEN),
    "far too long": lambda _: "x" * 1_000_000,
    "a long header": headed(kid="k" * 1000),
    "a header that is no JSON": raw_header(b"{"),
    "a header that is a list": raw_header(b"[]"),
    "a header that is null": raw_header(b"null"),
    "a header that is a string": raw_header(b'"alg"'),
    "a header in UTF-16": lambda a: token(json.dumps(header(a)).encode("utf-16"), claims(), KEYS[a]),
    "a header that is no text": raw_header(b"\xff\xfe\xfd"),
    **{f"a deep header {deep[:2]!r}": raw_header(deep) for deep in JSON_DEPTHS},
    "a payload that is a list": lambda a: token(header(a), [claims()], KEYS[a]),
    "a payload that is no JSON": lambda a: token(header(a), b"{", KEYS[a]),
    "a payload that is no text": lambda a: token(header(a), b"\xff", KEYS[a]),
    "a deep payload": lambda a: token(header(a), b"[" * 2000, KEYS[a]),
    "a payload of a number too long": lambda a: token(header(a), b'{"exp":' + b"9" * 2000 + b"}", KEYS[a]),
}


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_table_starts_from_tokens_that_are_good(algorithm: str) -> None:
    assert TOKENS.verify(good(algorithm)).actor.id == USER
    assert TOKENS.verify(token(header(algorithm), claims(extra=1), KEYS[algorithm])).actor.id == USER


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("case", FORGED)
def test_a_token_that_is_not_ours_is_refused(case: str, algorithm: str) -> None:
    forged = FORGED[case](algorithm)
    with pytest.raises(Unauthenticated):
        TOKENS.verify(forged)


@given(st.sampled_from(list(KEYS)), st.integers(0, 10_000), st.sampled_from("ABCdef012_-.=+ \n"))
def test_no_changed_character_goes_unnoticed(algorithm: str, place: int, character: str) -> None:
    true = good(algorithm)
    place %= len(true)
    changed = true[:place] + character + true[place + 1 :]
    if changed != true:
        with pytest.raises(Unauthenticated):
            TOKENS.verify(changed)


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: f"{part(data)}.{part(data)}.{part(data)}"))
def test_whatever_else_is_sent_is_refused_and_breaks_nothing(sent: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.verify(sent)
