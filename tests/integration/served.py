"""The application as it is served, made once for all tests that want the same: making it takes half a second."""

from functools import cache
from typing import Any

import httpx

from lms_entrypoints.container import Container
from lms_entrypoints.http.app import at_the_edge, build_app
from lms_entrypoints.http.openapi import document
from lms_entrypoints.services import Services
from lms_entrypoints.settings import Settings

MOST = 4
_MADE: dict[int, tuple[Services, Any]] = {}


def transport_to(services: Services, **options: Any) -> httpx.ASGITransport:
    """In the test's own loop; faults of the application are raised."""
    if id(services) not in _MADE:
        if len(_MADE) >= MOST:
            _MADE.clear()
        _MADE[id(services)] = services, at_the_edge(build_app(services), services)
    return httpx.ASGITransport(_MADE[id(services)][1], **options)


@cache
def described() -> dict[str, Any]:
    """The OpenAPI document of it, which takes two seconds; to be read only."""
    return document(build_app(Container(settings=Settings()).services()))
