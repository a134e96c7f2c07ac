"""Access tokens: signed JWTs (RFC 7519, RFC 9068) that say for some minutes who somebody is."""

import base64
import hashlib
import hmac
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

import jwt

from lms_domain.identity.model import Role, permissions_of
from lms_domain.identity.views import Bearer
from lms_domain.kernel import Actor, SessionId, Unauthenticated, UserId, new_id

ALGORITHM = "HS256"
ISSUER = AUDIENCE = "lms"
SHORTEST_KEY = 32  # bytes, RFC 7518 §3.2
LONGEST_TOKEN = 4096
KNOWN_TOKENS = 10_000
REQUIRED = ["sub", "roles", "sid", "ver", "jti", "iat", "nbf", "exp", "iss", "aud"]


class PyJwtTokens:
    def __init__(self, secret: str, *, minutes: int = 15) -> None:
        if len(secret.encode()) < SHORTEST_KEY:
            raise ValueError(f"a signing key has at least {SHORTEST_KEY} bytes")
        self._secret = secret.encode()
        self.seconds = minutes * 60
        # Of a signature that was good once only its time can become bad, and checking it again costs 0.1 ms.
        self._known = lru_cache(maxsize=KNOWN_TOKENS)(self._read)

    def issue(self, user_id: UserId, roles: Sequence[Role], session_id: SessionId, /, *, auth_version: int = 1) -> str:
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "roles": list(roles),
            "sid": str(session_id),
            "ver": auth_version,
            "jti": str(new_id()),
            "iat": now,
            "nbf": now,
            "exp": now + self.seconds,
        }
        return jwt.encode(claims, self._secret, ALGORITHM, headers={"typ": "at+jwt"})

    def successor(self, refresh_token: str, /) -> str:
        code = hmac.new(self._secret, b"refresh" + refresh_token.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.urlsafe_b64encode(code.digest()).rstrip(b"=").decode()

    def verify(self, token: str, /) -> Bearer:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated("The access token is not good.")
        try:
            bearer = self._known(token)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
            raise Unauthenticated("The access token is not good.") from None
        if time.time() >= bearer.expires_at:
            raise TokenExpired
        return bearer

    def _read(self, token: str) -> Bearer:
        read = jwt.decode_complete(
            token, self._secret, [ALGORITHM], audience=AUDIENCE, issuer=ISSUER, options={"require": REQUIRED}
        )
        return _bearer(read["header"], read["payload"])


class TokenExpired(Unauthenticated):
    message = "The access token has expired; refresh it."


def _bearer(header: dict[str, Any], claims: dict[str, Any]) -> Bearer:
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("not an access token")
    session_id = SessionId(UUID(claims["sid"]))
    permissions = permissions_of([Role(role) for role in claims["roles"]])
    actor = Actor(id=UserId(UUID(claims["sub"])), session_id=session_id, permissions=permissions)
    return Bearer(actor=actor, session_id=session_id, auth_version=int(claims["ver"]), expires_at=int(claims["exp"]))
