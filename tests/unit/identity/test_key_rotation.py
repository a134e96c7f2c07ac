"""Keys are replaced without signing anybody out, and a key that is taken away takes its tokens with it."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers, generate_private_key
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.identity.forging import KEYS, SECRET, STRANGE_KEYS, USER, base64url, bytes_of

from lms_adapters.security.keys import KeyRing, Private, key_of, thumbprint
from lms_adapters.security.tokens import PyJwtTokens
from lms_domain.kernel import SessionId, Unauthenticated, new_id

SHORT = 1024  # bits
PAIRS = [(old, new) for old in KEYS for new in KEYS]


def tokens(current: Private, *others: Private) -> PyJwtTokens:
    """A server that was started with these keys."""
    return PyJwtTokens(KeyRing(current, others), SECRET)


def issued(server: PyJwtTokens) -> str:
    return server.issue(USER, [], SessionId(new_id()))


def accepts(server: PyJwtTokens, token: str) -> bool:
    try:
        return server.verify(token).actor.id == USER
    except Unauthenticated:
        return False


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_from_any_algorithm_to_any_other(old: str, new: str) -> None:
    retired, current = KEYS[old], STRANGE_KEYS[new]
    before, both, after = tokens(retired), tokens(current, retired), tokens(current)
    token = issued(before)
    assert accepts(both, token)
    assert accepts(both, issued(both))
    assert accepts(after, issued(both)), "the new key signs as soon as it is the current one"
    assert not accepts(after, token)
    assert not accepts(before, issued(both))


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_servers_before_and_after_the_change_accept_each_others_tokens(old: str, new: str) -> None:
    announced, changed = tokens(KEYS[old], STRANGE_KEYS[new]), tokens(STRANGE_KEYS[new], KEYS[old])
    assert accepts(announced, issued(changed))
    assert accepts(changed, issued(announced))


@pytest.mark.parametrize("algorithm", ["EdDSA", "RS256"])
def test_the_public_half_is_enough_to_verify(algorithm: str) -> None:
    public = key_of(KEYS[algorithm]).verifying
    assert not isinstance(public, bytes)
    server = PyJwtTokens(KeyRing(KEYS["HS256"], [public]), SECRET)
    assert accepts(server, issued(tokens(KEYS[algorithm])))


def test_a_key_listed_twice_is_one_key() -> None:
    public = key_of(KEYS["EdDSA"]).verifying
    assert isinstance(public, Ed25519PublicKey)
    server = PyJwtTokens(KeyRing(KEYS["EdDSA"], [public, KEYS["EdDSA"]]), SECRET)
    assert len(server.public_keys()) == 1
    assert accepts(server, issued(server))


def test_a_refresh_sent_again_finds_the_same_token_after_the_change() -> None:
    assert tokens(KEYS["HS256"]).successor("a token") == tokens(KEYS["RS256"]).successor("a token")
    assert tokens(KEYS["HS256"]).successor("a token") != PyJwtTokens(KeyRing(KEYS["HS256"]), "other").successor(
        "a token"
    )


class Rotation(RuleBasedStateMachine):
    """An operator who adds, changes and takes away keys in any order, and restarts the server each time."""

    def __init__(self) -> None:
        super().__init__()
        self.current: Private = b""
        self.others: list[Private] = []
        self.written: list[tuple[str, str]] = []  # the token, and the key it was signed with

    @initialize()
    def begin(self) -> None:
        self.current = KEYS["HS256"]
        self.restart()

    def restart(self) -> None:
        self.server = tokens(self.current, *self.others)

    @rule()
    def sign_in(self) -> None:
        self.written.append((issued(self.server), key_of(self.current).kid))

    @rule()
    def announce_a_secret(self) -> None:
        self.others.append(new_id().bytes * 2)
        self.restart()

    @rule()
    def announce_a_pair(self) -> None:
        self.others.append(Ed25519PrivateKey.generate())
        self.restart()

    @precondition(lambda self: self.others)
    @rule()
    def change(self) -> None:
        self.others.append(self.current)
        self.current = self.others.pop(0)
        self.restart()

    @precondition(lambda self: self.others)
    @rule()
    def take_away(self) -> None:
        self.others.pop(0)
        self.restart()

    @invariant()
    def tokens_live_as_long_as_their_key(self) -> None:
        kept = {key_of(key).kid for key in [self.current, *self.others]}
        for token, kid in self.written:
            assert accepts(self.server, token) == (kid in kept)

    @invariant()
    def the_public_keys_are_those_that_verify(self) -> None:
        public = {key_of(key).kid for key in [self.current, *self.others] if not isinstance(key, bytes)}
        assert {key["kid"] for key in self.server.public_keys()} == public


TestRotation = Rotation.TestCase
TestRotation.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)


def test_nothing_private_is_published() -> None:
    server = tokens(KEYS["RS256"], KEYS["EdDSA"], KEYS["HS256"])
    fields = {"RS256": {"kty", "n", "e"}, "EdDSA": {"kty", "crv", "x"}}
    assert {key["alg"]: set(key) for key in server.public_keys()} == {
        algorithm: names | {"kid", "alg", "use"} for algorithm, names in fields.items()
    }
    assert SECRET not in repr(key_of(KEYS["HS256"]))
    assert tokens(KEYS["HS256"]).public_keys() == []


def test_a_kid_of_an_rsa_key_is_the_thumbprint_of_rfc_7638() -> None:
    """The example of §3.1."""
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
        "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdA"
        "ZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-"
        "kEgU8awapJzKnqDKgw"
    )
    example = {"kty": "RSA", "n": modulus, "e": "AQAB"}
    assert thumbprint(example) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    longer = int.from_bytes(bytes_of(modulus), "big") << 1024 | 1  # its 2048 bits are too few for us
    key = key_of(RSAPublicNumbers(65537, longer).public_key())
    numbers = key.public or {}
    assert (int.from_bytes(bytes_of(numbers["n"]), "big"), numbers["e"]) == (longer, "AQAB")
    assert key.kid == thumbprint({name: numbers[name] for name in example})


def test_a_kid_of_an_ed25519_key_is_the_thumbprint_of_rfc_8037() -> None:
    """The example of appendix A.3."""
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    key = key_of(Ed25519PublicKey.from_public_bytes(bytes_of(x)))
    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert key.public == {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": key.kid, "alg": "EdDSA", "use": "sig"}


def test_a_kid_of_a_secret_is_no_plain_hash_of_it() -> None:
    from hashlib import sha256  # noqa: PLC0415

    shape = json.dumps({"k": base64url(SECRET.encode()), "kty": "oct"}, separators=(",", ":")).encode()
    guesses = {base64url(sha256(known).digest()) for known in (SECRET.encode(), shape)}
    assert key_of(SECRET.encode()).kid not in guesses


@pytest.mark.parametrize("weak", [b"", b"short", b"x" * 31, generate_private_key(65537, SHORT)])
def test_a_weak_key_is_refused(weak: Private) -> None:
    with pytest.raises(ValueError, match="at least"):
        KeyRing(weak)
    with pytest.raises(ValueError, match="at least"):
        KeyRing(KEYS["HS256"], [weak])
