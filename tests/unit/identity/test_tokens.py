"""Access tokens say who somebody is, and what they say is looked at."""

import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.identity.forging import KEYS, SECRET, USER, claims, good, header, token, without

from lms_adapters.security.keys import KeyRing
from lms_adapters.security.tokens import REQUIRED, PyJwtTokens, TokenExpired
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import SessionId, Unauthenticated, new_id

TOKENS = {algorithm: PyJwtTokens(KeyRing(key), SECRET) for algorithm, key in KEYS.items()}
ALGORITHMS = pytest.mark.parametrize("algorithm", KEYS)
MINUTE = 60


@given(st.sampled_from(list(KEYS)), st.lists(st.sampled_from(Role), unique=True))
def test_what_is_issued_is_read_back(algorithm: str, roles: list[Role]) -> None:
    tokens = TOKENS[algorithm]
    actor = tokens.verify(tokens.issue(USER, roles, SessionId(new_id()))).actor
    assert actor.id == USER
    assert actor.permissions == permissions_of(roles)


@ALGORITHMS
@pytest.mark.parametrize(
    "wrong",
    [
        {"roles": "admin"},
        {"roles": ["emperor"]},
        {"roles": None},
        {"roles": {}},
        {"roles": [[]]},
        {"sub": None},
        {"sub": 1},
        {"sub": "not-a-uuid"},
        {"sid": "not-a-uuid"},
        {"sid": 1},
        {"jti": 1},
        {"ver": "1"},
        {"ver": True},
        {"exp": "soon"},
        {"exp": "99999999999"},
        {"exp": True},
        {"exp": None},
        {"exp": 1e400},
        {"exp": float("nan")},
        {"iat": "now"},
        {"nbf": "now"},
        {"iss": "somebody"},
        {"iss": "LMS"},
        {"iss": ""},
        {"iss": ["lms"]},
        {"iss": None},
        {"aud": "something"},
        {"aud": ["lms"]},
        {"aud": ["lms", "something"]},
        {"aud": []},
        {"aud": None},
    ],
    ids=str,
)
def test_a_claim_that_is_wrong_is_refused(algorithm: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS[algorithm].verify(good(algorithm, **wrong))


@ALGORITHMS
@pytest.mark.parametrize("name", REQUIRED)
def test_no_claim_may_be_left_out(algorithm: str, name: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS[algorithm].verify(token(header(algorithm), without(claims(), name), KEYS[algorithm]))


@ALGORITHMS
def test_a_token_is_good_from_its_first_to_its_last_second(algorithm: str) -> None:
    tokens, now = TOKENS[algorithm], int(time.time())
    assert tokens.verify(good(algorithm, nbf=now - 1, exp=now + MINUTE)).expires_at == now + MINUTE
    with pytest.raises(TokenExpired):
        tokens.verify(good(algorithm, exp=now))
    for early in ({"nbf": now + MINUTE}, {"iat": now + MINUTE}):
        with pytest.raises(Unauthenticated):
            tokens.verify(good(algorithm, **early))


@ALGORITHMS
def test_a_known_token_expires_too(algorithm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, known, later = TOKENS[algorithm], good(algorithm), time.time() + 2 * MINUTE
    tokens.verify(known)
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(TokenExpired):
        tokens.verify(known)


def test_tokens_of_another_service_with_the_same_key_are_refused() -> None:
    ring = KeyRing(KEYS["EdDSA"])
    ours = PyJwtTokens(ring, SECRET, issuer="https://lms.example.org", audience="https://api.example.org")
    mine = ours.issue(USER, [], SessionId(new_id()))
    assert ours.verify(mine).actor.id == USER
    for other in (
        PyJwtTokens(ring, SECRET, issuer="https://test.example.org", audience="https://api.example.org"),
        PyJwtTokens(ring, SECRET, issuer="https://lms.example.org", audience="https://files.example.org"),
    ):
        with pytest.raises(Unauthenticated):
            other.verify(mine)


@pytest.mark.parametrize("algorithm", KEYS)
def test_what_we_issue_is_readable_by_the_book(algorithm: str) -> None:
    """As another service reads it, with nothing but the published keys."""
    issued = PyJwtTokens(KeyRing(KEYS[algorithm]), SECRET)
    published = issued.public_keys()
    assert [key["alg"] for key in published] == ([] if algorithm == "HS256" else [algorithm])
    for key in published:
        assert jwt.decode(good(algorithm), jwt.PyJWK(key), [algorithm], audience="lms", issuer="lms")["sub"] == str(
            USER
        )
