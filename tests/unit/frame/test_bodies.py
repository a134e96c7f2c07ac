"""How long a body may be, and how deep."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms_entrypoints.http.bodies import DEEPEST, Bodies, BodyTooLarge, is_deep
from lms_entrypoints.http.wire import Message, Scope


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/auth/login", 64 << 10),
        ("/api/v1/me/password", 64 << 10),
        ("/api/v1/me", 64 << 10),
        ("/api/v1/courses", 1 << 20),
        ("/api/v1/meetings", 1 << 20),
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


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


LEAVES = st.none() | st.integers() | st.text(alphabet='[]{}"\\a', max_size=9)
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner))


@given(VALUES, st.integers(0, 70), st.sampled_from([b"[%s]", b'{"[": %s}', b'[[], {"a": [{}]}, "]", %s]']))
def test_depth_is_that_of_the_value_whatever_its_texts_hold(value: object, levels: int, around: bytes) -> None:
    body = msgspec.json.encode(value)
    for _ in range(levels):
        body = around % body
    assert is_deep(body) is (depth(msgspec.json.decode(body)) > DEEPEST)


@pytest.mark.parametrize("levels", [DEEPEST, DEEPEST + 1])
@pytest.mark.parametrize(("start", "end"), [(b"[", b"]"), (b'{"a":[', b"]}")])
def test_the_bound_is_exact(levels: int, start: bytes, end: bytes) -> None:
    times = levels if start == b"[" else levels // 2
    nested = start * times + end * times
    assert is_deep(nested) is (depth(msgspec.json.decode(nested)) > DEEPEST)
    assert is_deep(b"[" + nested + b"," + nested + b"]") is (depth(msgspec.json.decode(nested)) >= DEEPEST)


HOSTILE = {
    "opening": (b"[" * 2_000_000, True),
    "closing": (b"[]" * 100 + b"]" * 2_000_000, False),
    "pairs": (b"[]," * 700_000, False),
    "nests": ((b"[" * DEEPEST + b"]" * DEEPEST + b",") * 15_000, False),
    "quotes that do not end": (b'["' + b'\\"' * 1_000_000 + b"[" * 100, False),
    "a text that does not end": (b"[" * 100 + b'"' + b"a" * 2_000_000, True),
    "backslashes": (b"[" * 100 + b'"' + b"\\" * 1_999_999, True),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_body_made_to_be_slow_takes_its_length_and_not_the_square_of_it(case: str) -> None:
    """Which for 2 MB would be hours."""
    body, deep = HOSTILE[case]
    assert is_deep(body) is deep
