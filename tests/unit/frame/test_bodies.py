"""How long a body may be, and how deep."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_entrypoints.http.bodies import DEEPEST, Bodies, BodyTooLarge, TooDeep, must_not_be_deep
from lms_entrypoints.http.wire import Message, Scope

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=40,
)


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def is_taken(body: bytes) -> bool:
    try:
        must_not_be_deep(body)
    except TooDeep:
        return False
    return True


@given(JSON, st.integers(0, DEEPEST + 5), st.integers(0, 80))
def test_depth_alone_decides(value: Any, around: int, siblings: int) -> None:
    for _ in range(around):
        value = {'[\\"': value}
    beside = [[value], *([] for _ in range(siblings))]
    assert is_taken(json.dumps(beside).encode()) is (depth(beside) <= DEEPEST)


@pytest.mark.parametrize("body", [b"[" * 100_000, b"]" * 100_000, b"[]" * 50_000, b'"' + b"[" * 1000, b"[{" * 500])
def test_what_is_no_json_is_left_to_the_decoder_or_refused_in_little_time(body: bytes) -> None:
    is_taken(body)


def test_brackets_in_strings_are_no_depth() -> None:
    assert is_taken(json.dumps({"body": "[" * 1000 + '\\"' + "{" * 1000}).encode())


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/auth/login", 64 << 10),
        ("/api/v1/me/password", 64 << 10),
        ("/api/v1/courses", 1 << 20),
        ("/api/v1/courses/import", 2 << 20),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_each_address_has_its_bound(path: str, most: int, *, announced: bool) -> None:
    bodies, sent = Bodies(most=1 << 20, upload=2 << 20), 0

    async def send() -> Message:
        nonlocal sent
        sent += 1 << 10
        return {"type": "http.request", "body": b"x" * (1 << 10), "more_body": True}

    headers = [(b"content-length", b"%d" % (most + 1))] if announced else []
    scope: Scope = {"path": path, "headers": headers}
    receive = bodies.limited(scope, send)

    async def read() -> None:
        while True:
            await receive()

    with pytest.raises(BodyTooLarge) as refused:
        await read()
    assert str(most) in refused.value.detail
    assert sent == (0 if announced else most + (1 << 10))
