"""What ASGI sends back and forth, by name."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

API = "/api/v1"
PROBED = frozenset({"/health", "/ready"})  # by machines, all the time, which know the address and no name


def header_of(scope: Scope, name: bytes) -> bytes | None:
    return next((v for k, v in scope["headers"] if k == name), None)


def header(scope: Scope, name: bytes) -> bytes:
    return header_of(scope, name) or b""
