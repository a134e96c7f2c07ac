"""Which pages may call from a browser (CORS, by the Fetch standard), and by which names the server is called."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from lms_domain.kernel import Forbidden, LmsError
from lms_entrypoints.http.wire import Headers, Scope, header

METHODS = b"GET, HEAD, POST, PUT, PATCH, DELETE"
SENT = b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Auth-Mode, X-CSRF-Token, X-Request-ID"
SHOWN = (
    b"Content-Disposition, ETag, Idempotency-Replayed, Location, RateLimit-Limit, RateLimit-Remaining, "
    b"RateLimit-Reset, Retry-After, X-Request-ID"
)
PREFLIGHT_SECONDS = b"600"
ALL = "*"


class OriginRefused(Forbidden):
    message = "Pages of this origin may not call this server."


class HostRefused(LmsError):
    message = "The Host header has no name that this server is known by."


class Cors:
    """`credentials`: whether cookies come along; never with `*`."""

    def __init__(self, origins: Iterable[str], *, credentials: bool = False) -> None:
        self._origins = frozenset(each.encode() for each in origins)
        self._credentials = credentials and ALL.encode() not in self._origins

    def of(self, scope: Scope) -> Headers:
        """What an answer says; without it the browser shows the page nothing."""
        if not self._origins:
            return []
        vary = [(b"vary", b"Origin")]  # where none is sent too: a cache may hold this answer for those who send one
        origin = header(scope, b"origin")
        if not origin or not self.allows(origin):
            return vary
        return [*vary, *self._allowed(origin), (b"access-control-expose-headers", SHOWN)]

    def preflight(self, scope: Scope) -> Headers | None:
        """What is said beside `of` where a browser asks before it sends; None: it does not. Raises OriginRefused."""
        if scope["method"] != "OPTIONS" or not header(scope, b"access-control-request-method"):
            return None
        origin = header(scope, b"origin")
        if not self.allows(origin):
            raise OriginRefused
        return [
            (b"access-control-allow-methods", METHODS),
            (b"access-control-allow-headers", SENT),
            (b"access-control-max-age", PREFLIGHT_SECONDS),
        ]

    def allows(self, origin: bytes) -> bool:
        return origin in self._origins or ALL.encode() in self._origins

    def _allowed(self, origin: bytes) -> Headers:
        if not self._credentials and ALL.encode() in self._origins:
            return [(b"access-control-allow-origin", b"*")]
        said = [(b"access-control-allow-origin", origin)]
        return [*said, (b"access-control-allow-credentials", b"true")] if self._credentials else said


class Hosts:
    """`names`: as in a Host header, without a port; `*.example.org` for all below it, `*` for any."""

    def __init__(self, names: Iterable[str]) -> None:
        given = [name.lower() for name in names]
        self._any = not given or ALL in given
        self._exact = frozenset(name for name in given if not name.startswith("*."))
        self._below = tuple(name[1:] for name in given if name.startswith("*."))

    def must_be_known(self, scope: Scope) -> None:
        if self._any:
            return
        name = _name_in(header(scope, b"host"))
        if name not in self._exact and not name.endswith(self._below or ("\0",)):
            raise HostRefused


def _name_in(host: bytes) -> str:
    try:
        return urlsplit(f"//{host.decode('latin-1')}").hostname or ""
    except ValueError:
        return ""
