"""Access tokens: signed JWTs (RFC 7519, RFC 9068) that say for some minutes who somebody is."""

import time
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from lms_domain.identity.model import Role, SessionId, permissions_of
from lms_domain.kernel import Actor, Unauthenticated, UserId, new_id

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "lms"
SHORTEST_KEY = 32  # bytes, RFC 7518 §3.2
LONGEST_TOKEN = 4096
KNOWN_TOKENS = 10_000
REQUIRED = ["sub", "roles", "sid", "jti", "iat", "nbf", "exp", "iss", "aud"]


class PyJwtTokens:
    def __init__(self, secret: str, *, minutes: int = 15) -> None:
        if len(secret.encode()) < SHORTEST_KEY:
            raise ValueError(f"a signing key has at least {SHORTEST_KEY} bytes")
        self._secret = secret.encode()
        self.seconds = minutes * 60
        # Of a signature that was good once only its time can become bad, and checking it again costs 0.1 ms.
        self._known = lru_cache(maxsize=KNOWN_TOKENS)(self._read)

    def issue(self, user_id: UserId, roles: list[Role], session_id: SessionId, /) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "roles": list(roles),
            "sid": str(session_id),
            "jti": str(new_id()),
            "iat": now,
            "nbf": now,
            "exp": now + self.seconds,
        }
        return jwt.encode(claims, self._secret, ALGORITHM, headers={"typ": "at+jwt"})

    def verify(self, token: str, /) -> Actor:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated("The access token is not good.")
        try:
            actor, expires = self._known(token)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            raise Unauthenticated("The access token is not good.") from None
        if time.time() >= expires:
            raise TokenExpired
        return actor

    def _read(self, token: str) -> tuple[Actor, int]:
        """Who it speaks for, and until when in seconds of the Unix epoch."""
        read = jwt.decode_complete(
            token, self._secret, [ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": REQUIRED}
        )
        return _actor(read["header"], read["payload"]), int(read["payload"]["exp"])


class TokenExpired(Unauthenticated):
    message = "The access token has expired; refresh it."


def _actor(header: dict[str, Any], claims: dict[str, Any]) -> Actor:
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    roles = [Role(role) for role in claims["roles"]]
    return Actor(id=UserId(UUID(claims["sub"])), permissions=permissions_of(roles))
