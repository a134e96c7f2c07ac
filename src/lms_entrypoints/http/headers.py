"""What every answer tells a browser: run nothing, frame nothing, guess nothing, keep nothing that is somebody's."""

from lms_entrypoints.http.wire import API, Headers, Message, Scope

POLICY = b"default-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    b"default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGES = ("/docs", "/schema")
ALWAYS: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
]
SECRET = (f"{API}/auth/", f"{API}/me")  # tokens, and what is somebody's


class SecurityHeaders:
    """`hsts_seconds`: how long browsers come back by https alone; 0: not said."""

    def __init__(self, *, hsts_seconds: int = 0) -> None:
        https: Headers = [(b"strict-transport-security", b"max-age=%d; includeSubDomains" % hsts_seconds)]
        always = ALWAYS + (https if hsts_seconds else [])
        self._of_data = [*always, (b"content-security-policy", POLICY)]
        self._of_pages = [*always, (b"content-security-policy", PAGE_POLICY)]

    def add(self, scope: Scope, start: Message) -> None:
        """What the answer says itself stays."""
        headers = list(start["headers"])
        said = {name for name, _ in headers}
        given = self._of_pages if scope["path"].startswith(PAGES) else self._of_data
        headers += [each for each in given if each[0] not in said]
        if b"cache-control" not in said:
            headers.append((b"cache-control", _keeping(scope, has_etag=b"etag" in said)))
        start["headers"] = headers


def _keeping(scope: Scope, *, has_etag: bool) -> bytes:
    """An answer with an ETag may lie in its reader's own cache, and is asked for again before it is used."""
    if scope["path"].startswith(SECRET):
        return b"no-store"
    if scope.get("state", {}).get("user_id"):
        return b"private, no-cache" if has_etag else b"no-store"
    return b"no-cache"
