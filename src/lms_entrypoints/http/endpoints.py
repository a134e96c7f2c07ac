"""Which of the endpoints that have a limit of their own a request is for."""

import re
from collections.abc import Iterable, Mapping
from typing import Generic, TypeVar

from litestar import Litestar
from litestar.routes import HTTPRoute

from lms_entrypoints.http.wire import PROBED
from lms_entrypoints.limit_settings import Endpoint
from lms_entrypoints.settings import SettingsError

T = TypeVar("T")
PARAMETER = re.compile(r"\{[^{}/]+\}")


class Endpoints(Generic[T]):
    """One search of one pattern, whatever their number; there is at least one."""

    def __init__(self, each: Mapping[Endpoint, T], routes: Iterable[Endpoint]) -> None:
        """Raises SettingsError for those that are none of `routes`, all of them at once."""
        known = set(routes)
        if unknown := [" ".join(endpoint) for endpoint in each if endpoint not in known]:
            raise SettingsError(
                "; ".join(f"LIMITS_ENDPOINTS: there is no {name} in the OpenAPI document" for name in unknown)
            )
        # The router takes /courses/import for itself before it takes it for /courses/{course_id}.
        literally = sorted(known, key=lambda endpoint: len(PARAMETER.findall(endpoint[1])))
        concerned = [route for route in literally if route in each or any(_covers(wide, route) for wide in each)]
        self._found = [each.get(route) for route in concerned]
        self._pattern = re.compile("|".join(f"({_pattern(route)})" for route in concerned))

    def of(self, method: str, path: str) -> T | None:
        match = self._pattern.fullmatch(f"{method} {path}")
        return self._found[match.lastindex - 1] if match and match.lastindex else None


def routes_of(app: Litestar) -> set[Endpoint]:
    """As the OpenAPI document names them."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute)]
    known = {(str(method), route.path_format) for route in routes for method in route.route_handler_map}
    return {endpoint for endpoint in known if endpoint[1] not in PROBED}  # those pass by the gate


def _covers(wide: Endpoint, route: Endpoint) -> bool:
    return re.fullmatch(_pattern(wide), " ".join(route)) is not None


def _pattern(endpoint: Endpoint) -> str:
    method, path = endpoint
    return f"{method} " + "[^/]+".join(re.escape(literal) for literal in PARAMETER.split(path))
