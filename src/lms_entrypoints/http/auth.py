"""Who sends a request, and whether it is let in: found out once, before anything else is done with it."""

from dataclasses import dataclass

from lms_domain.identity.errors import TokenRevoked, TooManyRequests
from lms_domain.identity.gate import Gate, Level, Verdict
from lms_domain.identity.ports import AccessTokens
from lms_domain.identity.views import Bearer
from lms_domain.kernel import Actor, LmsError, Unauthenticated, Unavailable
from lms_entrypoints.http.addresses import Addresses
from lms_entrypoints.http.edge import App, Message, Receive, Scope, Send, header_of
from lms_entrypoints.http.errors import refuse_at_once
from lms_entrypoints.http.limits import Limits

OPEN = frozenset({"/health", "/ready"})  # asked by machines, all the time


@dataclass(frozen=True, slots=True)
class Sender:
    """Nobody in particular, somebody, or somebody who is refused wherever it matters who they are."""

    actor: Actor | None = None
    refusal: LmsError | None = None

    def seen(self) -> Actor | None:
        """A token that is not good is refused, never taken for nobody's."""
        if self.refusal is not None:
            raise self.refusal
        return self.actor


class Gatekeeper:
    """`fallback`: a gate in memory, for limits while the shared one is away."""

    def __init__(
        self, app: App, tokens: AccessTokens, gate: Gate, fallback: Gate, limits: Limits, addresses: Addresses
    ) -> None:
        self._app, self._tokens, self._gate, self._fallback = app, tokens, gate, fallback
        self._limits, self._addresses = limits, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["ip"] = self._addresses.of(scope)
        bearer, refusal = self._read(header_of(scope, b"authorization"))
        state["user_id"] = bearer.actor.id if bearer else None
        try:
            verdict, refusal = await self._ask(scope, bearer, refusal)
        except Unavailable as away:  # who signs in while nobody can count is not let in
            await refuse_at_once(send, away)
            return
        if not verdict.admitted and verdict.level:
            await refuse_at_once(send, TooManyRequests(verdict.level.wait), told(verdict.level))
            return
        state["sender"] = Sender(None if refusal or bearer is None else bearer.actor, refusal)
        await self._app(scope, receive, Telling(send, verdict.level).send if verdict.level else send)

    def _read(self, authorization: bytes | None) -> tuple[Bearer | None, LmsError | None]:
        if authorization is None:
            return None, None
        try:
            return self._tokens.verify(token_in(authorization.decode("latin-1"))), None
        except LmsError as refusal:
            return None, refusal

    async def _ask(
        self, scope: Scope, bearer: Bearer | None, refusal: LmsError | None
    ) -> tuple[Verdict, LmsError | None]:
        """Where it cannot be known whether a token was revoked, it is not taken for good."""
        buckets = self._limits.buckets(scope, bearer.actor.id if bearer else None, scope["state"]["ip"])
        try:
            verdict = await self._gate.ask(bearer, buckets)
        except Unavailable as away:
            if self._limits.is_closed_without_a_count(scope):
                raise
            return await self._fallback.ask(None, buckets), away if bearer else refusal
        return verdict, TokenRevoked() if verdict.revoked else refusal


class Telling:
    """Adds what is left to the answer's headers."""

    def __init__(self, send: Send, level: Level) -> None:
        self._send, self._level = send, level

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *told(self._level)]
        await self._send(message)


def told(level: Level) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % level.limit),
        (b"ratelimit-remaining", b"%d" % level.remaining),
        (b"ratelimit-reset", b"%d" % level.reset),
    ]


def token_in(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send the access token as: Authorization: Bearer <token>")
    return token
