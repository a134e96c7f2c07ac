"""The outermost ASGI layer: ids, one log line per request, bounds, and what every answer says, refusals too."""

import asyncio
import re
import time
from collections.abc import Awaitable
from contextlib import ExitStack
from dataclasses import dataclass, field

import structlog

from lms_domain.kernel import LmsError, Unavailable, new_id
from lms_entrypoints.http.bodies import Bodies
from lms_entrypoints.http.cors import Cors, Hosts
from lms_entrypoints.http.errors import fail_at_once, refuse_at_once
from lms_entrypoints.http.headers import SecurityHeaders
from lms_entrypoints.http.limits import UPLOAD
from lms_entrypoints.http.wire import API, PROBED, App, Headers, Message, Receive, Scope, Send, header

GIVEN_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")
SLASHES = re.compile("//+")
OPENERS = re.compile(rf"({API}/(?:unsubscribe/[^/]*|erasures)/).+")  # whoever knows the rest needs nothing else
log = structlog.get_logger("lms.access")


class TimedOut(Unavailable):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This took longer than {seconds:g} s and was given up. Send it again with its Idempotency-Key."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`seconds`: until an answer begins; `transfer_seconds` where files come or are put together."""

    bodies: Bodies
    headers: SecurityHeaders = field(default_factory=SecurityHeaders)
    cors: Cors = field(default_factory=lambda: Cors(()))
    hosts: Hosts = field(default_factory=lambda: Hosts(()))
    seconds: float = 30
    transfer_seconds: float = 600

    def patience(self, scope: Scope) -> float:
        is_long = scope["path"] in UPLOAD or scope["path"].endswith(("/export", "/bulk", "/jobs/enrollments"))
        return self.transfer_seconds if is_long else self.seconds


class Edge:
    """Wraps the whole app, so that a 404 has a request id and a log line as well."""

    def __init__(self, app: App, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = spelled_once(scope["path"])
        exchange = Exchange(scope, send, self._rules, given_id(scope) or str(new_id()))
        structlog.contextvars.bind_contextvars(request_id=exchange.request_id)
        scope.setdefault("state", {}).update(request_id=exchange.request_id, held=exchange.held)
        if exchange.is_head:
            scope = {**scope, "method": "GET"}  # the same answer, without its body
            scope["state"]["is_head"] = True
        try:
            await self._answer(scope, receive, exchange)
        finally:
            exchange.held.close()
            exchange.log()
            structlog.contextvars.clear_contextvars()

    async def _answer(self, scope: Scope, receive: Receive, exchange: "Exchange") -> None:
        try:
            if scope["path"] not in PROBED:
                self._rules.hosts.must_be_known(scope)
            preflight = self._rules.cors.preflight(scope)
            if preflight is not None:
                await exchange.send({"type": "http.response.start", "status": 204, "headers": preflight})
                await exchange.send({"type": "http.response.body", "body": b""})
                return
            limited = self._rules.bodies.limited(scope, receive)
            await exchange.within(self._rules.patience(scope), self._app(scope, limited, exchange.send))
        except LmsError as refusal:
            await refuse_at_once(exchange.send, refusal)
        except Exception as fault:
            if exchange.has_begun:
                raise
            await fail_at_once(exchange.send, fault, scope["path"])


class Exchange:
    """One request and its answer, as the log will tell it. `held`: until both are over, however they end."""

    def __init__(self, scope: Scope, send: Send, rules: Rules, request_id: str) -> None:
        self._scope, self._send, self._rules, self.request_id = scope, send, rules, request_id
        self._began = time.perf_counter()
        self._status = 0
        self.held = ExitStack()
        self.is_head = scope["method"] == "HEAD"
        self._deadline: asyncio.Timeout | None = None

    @property
    def has_begun(self) -> bool:
        return self._status != 0

    async def within(self, seconds: float, answer: Awaitable[None]) -> None:
        """Until the answer begins: who reads a long one slowly is not cut off. Raises TimedOut."""
        self._deadline = deadline = asyncio.timeout(seconds)
        try:
            async with deadline:
                await answer
        except TimeoutError:
            if self.has_begun or not deadline.expired():
                raise
            raise TimedOut(seconds) from None
        finally:
            self._deadline = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            if self._deadline:
                self._deadline.reschedule(None)
            self._dress(message)
        elif self.is_head:
            message = {**message, "body": b""}
        await self._send(message)

    def _dress(self, start: Message) -> None:
        own: Headers = [(b"x-request-id", self.request_id.encode()), *self._rules.cors.of(self._scope)]
        start["headers"] = [*start["headers"], *own]
        self._rules.headers.add(self._scope, start)

    def log(self) -> None:
        """The path without its query, and without what opens something by itself: no log should hold that."""
        state = self._scope.get("state", {})
        user_id = state.get("user_id")
        log.info(
            "request",
            method=self._scope["method"],
            path=OPENERS.sub(r"\1[hidden]", self._scope["path"]),
            status=self._status,
            duration_ms=round((time.perf_counter() - self._began) * 1000, 2),
            user_id=str(user_id) if user_id else None,
            ip=state.get("ip") or None,
        )


def spelled_once(path: str) -> str:
    """As the router spells it: whoever decides by the path must not be passed by with one slash more."""
    return SLASHES.sub("/", f"/{path.strip('/')}") if path.endswith("/") or "//" in path else path


def given_id(scope: Scope) -> str | None:
    """The caller's own request id, where it cannot forge a log line or a header."""
    value = header(scope, b"x-request-id").decode("latin-1")
    return value if GIVEN_ID.fullmatch(value) else None
