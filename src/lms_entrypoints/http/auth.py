"""Who sends a request, and whether it is let in: found out once, before anything else is done with it."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from lms_domain.audit.model import Origin, Via
from lms_domain.identity.errors import TokenRevoked, TooManyRequests
from lms_domain.identity.gate import Bucket, Level, Verdict
from lms_domain.identity.views import Bearer
from lms_domain.kernel import Actor, LmsError, Unauthenticated, Unavailable
from lms_entrypoints.http.addresses import Addresses
from lms_entrypoints.http.errors import refuse_at_once
from lms_entrypoints.http.limits import Limits
from lms_entrypoints.http.wire import PROBED, App, Message, Receive, Scope, Send
from lms_entrypoints.origins import coming_from
from lms_entrypoints.services import Services


@dataclass(frozen=True, slots=True)
class Sender:
    """Nobody in particular, somebody, or somebody who is refused wherever it matters who they are."""

    actor: Actor | None = None
    refusal: LmsError | None = None
    api_token_id: UUID | None = None
    bearer: Bearer | None = None

    def seen(self) -> Actor | None:
        """A token that is not good is refused, never taken for nobody's."""
        if self.refusal is not None:
            raise self.refusal
        return self.actor


class Gatekeeper:
    """Asks one gate; where that is away, the one in memory for limits, and nobody for what was revoked."""

    def __init__(self, app: App, services: Services, limits: Limits, addresses: Addresses) -> None:
        self._app, self._tokens, self._api_tokens = app, services.tokens, services.api_tokens
        self._gate, self._fallback = services.gate, services.fallback
        self._limits, self._addresses = limits, addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBED:
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["ip"] = self._addresses.of(scope)
        try:
            sender, verdict = await self._asked(scope, state["ip"])
        except Unavailable as away:  # who signs in while nobody can count is not let in
            await refuse_at_once(send, away)
            return
        if not verdict.admitted and verdict.level:
            await refuse_at_once(send, TooManyRequests(verdict.level.wait), told(verdict.level))
            return
        state["sender"], state["user_id"] = sender, sender.actor.id if sender.actor else None
        with coming_from(origin_of(sender, state)):
            await self._app(scope, receive, Telling(send, verdict.level).send if verdict.level else send)

    async def _asked(self, scope: Scope, ip: str) -> tuple[Sender, Verdict]:
        """Where it cannot be known whether a token was revoked, it is not taken for good."""
        bearer, token, refusal = None, "", None
        try:
            token = token_in([value for name, value in scope["headers"] if name == b"authorization"])
            bearer = await self._read(token, ip) if token else None
        except LmsError as error:
            refusal = error
        try:
            verdict = await self._gate.ask(bearer, self._buckets(scope, bearer, token, ip))
            if verdict.revoked and self._api_tokens.is_one(token):
                bearer, refusal = await self._read_anew(token, ip)
                verdict = await self._gate.ask(bearer, self._buckets(scope, bearer, token, ip))
            if verdict.revoked:  # it counts for its network: whoever has it is nobody
                bearer, refusal = None, TokenRevoked()
                verdict = await self._gate.ask(None, self._buckets(scope, None, token, ip))
        except Unavailable as away:
            if self._limits.is_closed_without_a_count(scope):
                raise
            verdict = await self._fallback.ask(None, self._buckets(scope, bearer, token, ip))
            refusal = away if bearer else refusal
        if refusal or bearer is None:
            return Sender(refusal=refusal), verdict
        actor = replace(bearer.actor, ip=ip or None)
        return Sender(actor, None, self._api_token_id(bearer, token), bearer), verdict

    def _buckets(self, scope: Scope, bearer: Bearer | None, token: str, ip: str) -> list[Bucket]:
        if bearer is None:
            return self._limits.buckets(scope, None, ip)
        return self._limits.buckets(scope, bearer.actor.id, ip, api_token_id=self._api_token_id(bearer, token))

    def _api_token_id(self, bearer: Bearer, token: str) -> UUID | None:
        return bearer.session_id if self._api_tokens.is_one(token) else None

    async def _read(self, token: str, ip: str) -> Bearer:
        return await self._api_tokens.read(token, ip) if self._api_tokens.is_one(token) else self._tokens.verify(token)

    async def _read_anew(self, token: str, ip: str) -> tuple[Bearer | None, LmsError | None]:
        """An API token outlives a change of its owner's roles, and may do what they allow now."""
        try:
            return await self._api_tokens.read(token, ip, anew=True), None
        except LmsError as refusal:
            return None, refusal


class Telling:
    """Adds what is left to the answer's headers."""

    def __init__(self, send: Send, level: Level) -> None:
        self._send, self._level = send, level

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], *told(self._level)]
        await self._send(message)


def origin_of(sender: Sender, state: MutableMapping[str, Any]) -> Origin:
    """What the audit trail says of whoever sends the request."""
    actor = sender.actor
    admin_id = actor.acting_admin_id if actor else None
    return Origin(
        via=Via.HTTP,
        actor_id=admin_id or (actor.id if actor else None),
        acting_for_id=actor.id if actor and admin_id else None,
        session_id=actor.session_id if actor else None,
        api_token_id=sender.api_token_id,
        request_id=state.get("request_id"),
        ip=state["ip"] or None,
    )


def told(level: Level) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", b"%d" % level.limit),
        (b"ratelimit-remaining", b"%d" % level.remaining),
        (b"ratelimit-reset", b"%d" % level.reset),
    ]


def token_in(authorizations: Sequence[bytes]) -> str:
    """Empty where nothing was sent. Of two, a proxy might believe the other one."""
    if not authorizations:
        return ""
    scheme, _, token = authorizations[0].decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token or len(authorizations) > 1:
        raise Unauthenticated("Send the token as: Authorization: Bearer <token>")
    return token
