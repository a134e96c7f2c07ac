"""Sign-ins that a browser keeps in cookies no script can read, for pages that ask for it with `X-Auth-Mode: cookie`.

Inside, everything goes on with bearer tokens: they are taken out of answers here, and put into requests. What changes
something has to show the CSRF token of its session in a header beside the cookie; another site's page can send the
cookies along, but neither read the token nor set the header. A browser has one sign-in: a new one ends the one before.
"""

import base64
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from lms_domain.identity.ports.sessions import Seals
from lms_domain.kernel import Forbidden
from lms_entrypoints.http.cors import Cors
from lms_entrypoints.http.errors import refuse_at_once
from lms_entrypoints.http.wire import API, App, Headers, Message, Receive, Scope, Send, header, header_of

# `__Host-`: set by this host alone, over https, for all of it; a neighbour under the same domain cannot set it.
ACCESS, CSRF = "__Host-lms_access", "__Host-lms_csrf"
REFRESH = "__Secure-lms_refresh"  # for these paths alone, which __Host- does not allow
OURS = frozenset({ACCESS, CSRF, REFRESH})
REFRESH_PATH = f"{API}/auth"
SIGNING_IN = frozenset(f"{API}/auth/{path}" for path in ("login", "mfa", "passkey", "passkey/options", "refresh"))
WITH_REFRESH_TOKEN = frozenset({f"{API}/auth/refresh", f"{API}/auth/logout"})
UNSUBSCRIBING = f"{API}/unsubscribe/"  # the address is the right to do it, whoever is signed in
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
PURPOSE = "csrf"
CLEARED = (b"clear-site-data", b'"cache"')  # what was somebody's is not shown by the back button

Leave = Callable[[str], Awaitable[None]]


class CsrfRefused(Forbidden):
    message = "Send the CSRF token of this sign-in in X-CSRF-Token, from a page that may call this server."


class CookieMode:
    """`days`: how long a refresh token lives. `leave`: ends the session of one."""

    def __init__(self, app: App, seals: Seals, cors: Cors, *, days: int, leave: Leave) -> None:
        self._app, self._seals, self._cors, self._days, self._leave = app, seals, cors, days, leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, cookies = scope["path"], cookies_in(scope)
        is_asked = header(scope, b"x-auth-mode") == b"cookie"
        try:
            if is_asked and path in WITH_REFRESH_TOKEN:
                self._must_be_from_us(scope, cookies, session_id=None)
                receive = instead({"refresh_token": cookies.get(REFRESH, "")}, scope)
            elif ACCESS in cookies and self._speaks_for_somebody(scope):
                token = cookies[ACCESS]
                if scope["method"] not in SAFE:
                    self._must_be_from_us(scope, cookies, session_id=session_in(token))
                scope["headers"] = [*scope["headers"], (b"authorization", b"Bearer " + token.encode("latin-1"))]
        except CsrfRefused as refusal:
            await refuse_at_once(send, refusal)
            return
        if is_asked and path in SIGNING_IN:
            send = Hiding(send, cookies, self._dress).send
        elif is_asked and path in WITH_REFRESH_TOKEN:
            send = Adding(send, [CLEARED, *((b"set-cookie", each) for each in self._cleared())]).send
        await self._app(scope, receive, send)

    def _speaks_for_somebody(self, scope: Scope) -> bool:
        path = scope["path"]
        is_told = header_of(scope, b"authorization") is not None
        return not is_told and path not in SIGNING_IN and not path.startswith(UNSUBSCRIBING)

    def _must_be_from_us(self, scope: Scope, cookies: Mapping[str, str], *, session_id: UUID | None) -> None:
        shown = header(scope, b"x-csrf-token").decode("latin-1")
        known = self._seals.open(PURPOSE, shown)
        is_same = hmac.compare_digest(shown.encode(), cookies.get(CSRF, "").encode())
        if known is None or not is_same or (session_id is not None and known != session_id):
            raise CsrfRefused
        origin = header(scope, b"origin")
        if origin and not self._is_ours(origin, header(scope, b"host")):
            raise CsrfRefused

    def _is_ours(self, origin: bytes, host: bytes) -> bool:
        return self._cors.names(origin) or origin in {b"https://" + host, b"http://" + host}

    async def _dress(self, data: dict[str, Any], before: Mapping[str, str]) -> tuple[dict[str, Any], list[bytes]]:
        """The answer without what scripts should not see, and the cookies that have it instead of those of `before`."""
        access, refresh = data.pop("access_token"), data.pop("refresh_token")
        del data["token_type"]
        session_id = session_in(access) or UUID(int=0)
        if REFRESH in before and self._seals.open(PURPOSE, before.get(CSRF, "")) != session_id:
            await self._leave(before[REFRESH])
        csrf = self._seals.seal(PURPOSE, session_id)
        seconds = self._days * 86_400
        cookies = [
            cookie(ACCESS, access, path="/", seconds=data["expires_in"]),
            cookie(REFRESH, refresh, path=REFRESH_PATH, seconds=seconds),
            cookie(CSRF, csrf, path="/", seconds=seconds, is_hidden=False),
        ]
        return {"mode": "cookie", "csrf_token": csrf, **data}, cookies

    def _cleared(self) -> list[bytes]:
        paths = {ACCESS: "/", REFRESH: REFRESH_PATH, CSRF: "/"}
        return [cookie(name, "", path=path, seconds=0) for name, path in paths.items()]


class Hiding:
    """Holds an answer back until it is whole, and puts its tokens into cookies."""

    def __init__(self, send: Send, cookies: Mapping[str, str], dress: Any) -> None:
        self._send, self._cookies, self._dress = send, cookies, dress
        self._start: Message = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._sent()

    async def _sent(self) -> None:
        body, cookies = self._body, []
        answer = msgspec.json.decode(body) if self._start["status"] == 200 else {}  # noqa: PLR2004
        if "access_token" in answer.get("data", {}):
            answer["data"], cookies = await self._dress(answer["data"], self._cookies)
            body = msgspec.json.encode(answer)
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        headers += [(b"content-length", b"%d" % len(body)), *((b"set-cookie", each) for each in cookies)]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


class Adding:
    """Adds headers to an answer that succeeds."""

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send, self._headers = send, headers

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < 300:  # noqa: PLR2004
            message["headers"] = [*message["headers"], *self._headers]
        await self._send(message)


def instead(body: dict[str, str], scope: Scope) -> Receive:
    """The request as a client with bearer tokens would have sent it."""
    encoded = msgspec.json.encode(body)
    kept = [(k, v) for k, v in scope["headers"] if k not in {b"content-length", b"content-type", b"transfer-encoding"}]
    about = [(b"content-length", b"%d" % len(encoded)), (b"content-type", b"application/json")]
    scope["headers"] = [*kept, *about]

    async def receive() -> Message:
        return {"type": "http.request", "body": encoded, "more_body": False}

    return receive


def cookies_in(scope: Scope) -> dict[str, str]:
    """Ours. What else is sent along is passed over, whether it can be read or not (RFC 6265 §5.4).

    One that comes twice is taken for none: a neighbour under the same domain may have planted one of the two, and which
    of them comes first is the neighbour's choice.
    """
    found: dict[str, list[str]] = {}
    for line in (value for name, value in scope["headers"] if name == b"cookie"):
        for name, _, value in (pair.partition("=") for pair in line.decode("latin-1").split(";")):
            if name.strip() in OURS:
                found.setdefault(name.strip(), []).append(value.strip())
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def cookie(name: str, value: str, *, path: str, seconds: int, is_hidden: bool = True) -> bytes:
    hidden = "; HttpOnly" if is_hidden else ""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; Secure; SameSite=Strict{hidden}".encode("latin-1")


def session_in(token: str) -> UUID | None:
    """As the token says, which anybody may have written; whether it is to be believed is found out inside."""
    try:
        payload = token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return UUID(claims["sid"])
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return None
