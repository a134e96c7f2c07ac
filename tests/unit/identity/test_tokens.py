"""Access tokens say who somebody is, and nothing that was tampered with does."""

import base64
import json
import time
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_adapters.security.tokens import PyJwtTokens
from lms_domain.identity.model import Role, permissions_of
from lms_domain.kernel import SessionId, Unauthenticated, UserId, new_id

KEY = "a key of more than thirty-two bytes, for tests"
TOKENS = PyJwtTokens(KEY)
USER = UserId(new_id())


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    good = {"iss": "lms", "aud": "lms", "sub": str(USER), "roles": ["student"], "sid": str(USER), "ver": 1, "jti": "j"}
    return good | {"iat": now, "nbf": now, "exp": now + 60} | changes


def signed(payload: dict[str, Any], *, key: str = KEY, algorithm: str = "HS256", typ: str = "at+jwt") -> str:
    return jwt.encode(payload, key, algorithm, headers={"typ": typ})


def unsigned(payload: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'at+jwt'})}.{part(payload)}."


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in claims().items() if key != name}


@given(st.lists(st.sampled_from(Role), unique=True))
def test_what_is_issued_is_read_back(roles: list[Role]) -> None:
    actor = TOKENS.verify(TOKENS.issue(USER, roles, SessionId(new_id()))).actor
    assert actor.id == USER
    assert actor.permissions == permissions_of(roles)


def test_the_table_of_tampering_starts_from_a_token_that_is_good() -> None:
    assert TOKENS.verify(signed(claims())).actor.id == USER


@pytest.mark.parametrize(
    "token",
    [
        "",
        "no token at all",
        "a.b.c",
        "x" * 5000,
        "\udcff.é.\0",
        *(f"{base64.urlsafe_b64encode(deep).decode()}.e30.e30" for deep in (b"[" * 2800, b'{"a":' * 500)),
        signed(claims(roles="admin")),
        signed(claims(sub=None)),
        signed(claims(exp="soon")),
        unsigned(claims()),
        signed(claims(), key=KEY + "!"),
        signed(claims(), algorithm="HS512", key=KEY * 2),
        signed(claims(), typ="JWT"),
        signed(claims(), typ="rt+jwt"),
        signed(claims(exp=int(time.time()) - 1)),
        signed(claims(nbf=int(time.time()) + 60)),
        signed(claims(iss="somebody")),
        signed(claims(aud="something")),
        signed(claims(sub="not-a-uuid")),
        signed(claims(roles=["emperor"])),
        signed(claims(roles=None)),
        *(signed(without(name)) for name in ("sub", "roles", "sid", "ver", "jti", "iat", "nbf", "exp", "iss", "aud")),
    ],
)
def test_a_token_that_is_not_ours_is_refused(token: str) -> None:
    with pytest.raises(Unauthenticated):
        TOKENS.verify(token)


@given(st.integers(0, 10_000), st.sampled_from("ABCdef012_-."))
def test_no_changed_character_goes_unnoticed(place: int, character: str) -> None:
    token = signed(claims())
    place %= len(token)
    changed = token[:place] + character + token[place + 1 :]
    try:
        actor = TOKENS.verify(changed).actor
    except Unauthenticated:
        return
    # The last character of a base64 part has bits that mean nothing.
    assert actor.id == USER
    assert changed == token or changed[:-1] == token[:-1]


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        PyJwtTokens("short")
