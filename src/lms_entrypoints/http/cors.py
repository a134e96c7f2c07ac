"""Which pages may call from a browser (CORS, by the Fetch standard), and by which names the server is called."""

import re
from collections.abc import Iterable

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
# A name or an address, and maybe a port: nothing else that a parser of addresses would look beyond.
HOST = re.compile(rb"(?:\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[a-z0-9_.-]+?)\.?)(?::\d{1,5})?")


class OriginRefused(Forbidden):
    message = "Pages of this origin may not call this server."


class HostRefused(LmsError):
    message = "The Host header has no name that this server is known by."


class Cors:
    """`credentials`: whether cookies come along; never with `*`."""

    def __init__(self, origins: Iterable[str], *, credentials: bool = False) -> None:
        given = [each.encode() for each in origins]
        self._takes_all = ALL.encode() in given
        # Of no origin too: a cache may hold that answer for those who send one.
        self._others: Headers = [(b"vary", b"Origin")] if given else []
        self._told = {each: self._allowed(each, with_cookies=credentials and not self._takes_all) for each in given}
        if self._takes_all:
            self._others = self._told[ALL.encode()]

    def of(self, scope: Scope) -> Headers:
        """What an answer says; without it the browser shows the page nothing."""
        return self._told.get(header(scope, b"origin"), self._others) if self._told else self._others

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
        return self._takes_all or origin in self._told

    def names(self, origin: bytes) -> bool:
        """Whether this very origin was named; `*` names none."""
        return origin in self._told and origin != ALL.encode()

    def _allowed(self, origin: bytes, *, with_cookies: bool) -> Headers:
        said = ALL.encode() if self._takes_all else origin
        cookies: Headers = [(b"access-control-allow-credentials", b"true")] if with_cookies else []
        shown = (b"access-control-expose-headers", SHOWN)
        return [*self._others, (b"access-control-allow-origin", said), *cookies, shown]


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
        given = [value for key, value in scope["headers"] if key == b"host"]
        found = HOST.fullmatch(given[0].lower()) if len(given) == 1 else None  # several: RFC 9112 §3.2
        name = (found["name"] or found["address"]).decode() if found else ""
        if name not in self._exact and not (self._below and name.endswith(self._below)):
            raise HostRefused
