"""Which scope an API token needs for a route: the area of its tag, and whether it reads or writes."""

from functools import cache
from typing import Any

from litestar import Request
from litestar.handlers import BaseRouteHandler

from lms_domain.identity.api_tokens import InsufficientScope
from lms_domain.kernel import Actor

AREAS = {
    "Account": "account",
    "Announcements": "learning",
    "Audit": "audit",
    "Archives": "courses",
    "Authoring": "courses",
    "Catalog": "courses",
    "Enrollment": "learning",
    "Events": "events",
    "Jobs": "jobs",
    "Notifications": "account",
    "Operations": "operations",
    "Organizations": "organizations",
    "Progress": "learning",
    "Publishing": "courses",
    "Reviews": "learning",
    "Users": "users",
    "Webhooks": "organizations",
}
READING = frozenset({"GET", "HEAD"})


def scope_of(tags: set[str], method: str) -> str | None:
    """None: no API token is ever asked for one, because nobody needs to be anybody there."""
    areas = {AREAS[tag] for tag in tags if tag in AREAS}
    return f"{areas.pop()}:{'read' if method.upper() in READING else 'write'}" if areas else None


def must_be_in_scope(request: Request[Any, Any, Any], actor: Actor) -> None:
    if actor.scopes is None:
        return
    scope = _scope(request.route_handler, request.method)
    if scope is not None and scope not in actor.scopes:
        raise InsufficientScope(scope=scope)


@cache
def _scope(handler: BaseRouteHandler, method: str) -> str | None:
    tags: set[str] = set()
    for layer in handler.ownership_layers:
        tags |= set(getattr(layer, "tags", None) or ())
    return scope_of(tags, method)
