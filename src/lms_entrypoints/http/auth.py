"""Who sends a request: found out once, before anything else is done with it."""

from dataclasses import dataclass

from lms_domain.identity.errors import TokenRevoked
from lms_domain.identity.ports import AccessTokens, Revocations
from lms_domain.kernel import Actor, LmsError, Unauthenticated
from lms_entrypoints.http.edge import App, Receive, Scope, Send


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


class Authentication:
    def __init__(self, app: App, tokens: AccessTokens, revocations: Revocations) -> None:
        self._app, self._tokens, self._revocations = app, tokens, revocations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = next((value for name, value in scope["headers"] if name == b"authorization"), None)
            sender = Sender() if given is None else await self._sender(given.decode("latin-1"))
            state = scope.setdefault("state", {})
            state["sender"] = sender
            state["user_id"] = sender.actor.id if sender.actor else None
        await self._app(scope, receive, send)

    async def _sender(self, authorization: str) -> Sender:
        """Where it cannot be known whether a token was revoked, it is not taken for good."""
        try:
            bearer = self._tokens.verify(token_in(authorization))
            if await self._revocations.are_told_of(bearer):
                raise TokenRevoked
        except LmsError as refusal:
            return Sender(refusal=refusal)
        return Sender(bearer.actor)


def token_in(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send the access token as: Authorization: Bearer <token>")
    return token
