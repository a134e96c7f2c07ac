"""How long a body may be."""

import pytest

from lms_entrypoints.http.bodies import Bodies, BodyTooLarge
from lms_entrypoints.http.wire import Message, Scope


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
