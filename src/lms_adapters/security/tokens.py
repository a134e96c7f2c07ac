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

from lms_adapters.security.compact import LONGEST_TOKEN, header_of, payload_of
from lms_adapters.security.keys import Jwk, Key, KeyRing
from lms_domain.identity.model import Role, permissions_of
from lms_domain.identity.views import Bearer, Standing
from lms_domain.kernel import Actor, SessionId, Unauthenticated, UserId, new_id

TYPE = "at+jwt"  # RFC 9068 §2.1
KNOWN_TOKENS = 10_000
MOST = 2**53  # what a number in JSON may be without its being another one elsewhere, RFC 8259 §6
NUMBERS = ("ver", "iat", "nbf", "exp")
UNREADABLE = (
    jwt.InvalidTokenError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
REQUIRED = ["sub", "roles", "sid", "jti", "iss", "aud", *NUMBERS]


class PyJwtTokens:
    """`secret`: makes refresh tokens. It stays when a signing key is replaced, see `successor`."""

    def __init__(
        self, keys: KeyRing, secret: str, *, issuer: str = "lms", audience: str = "lms", minutes: int = 15
    ) -> None:
        self._keys, self._secret = keys, secret.encode()
        self._issuer, self._audience = issuer, audience
        self.seconds = minutes * 60
        # Of a signature that was good once only its time can become bad, and checking it again costs 0.1 to 0.2 ms.
        self._known = lru_cache(maxsize=KNOWN_TOKENS)(self._read)

    def use(self, keys: KeyRing, /) -> None:
        """From here on. What a key that is gone has signed is refused, though it was known."""
        self._keys = keys
        self._known = lru_cache(maxsize=KNOWN_TOKENS)(self._read)

    def issue(
        self,
        user_id: UserId,
        roles: Sequence[Role],
        session_id: SessionId,
        /,
        *,
        auth_version: int = 1,
        seconds: int | None = None,
        admin: Standing | None = None,
    ) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(user_id),
            "roles": list(roles),
            "sid": str(session_id),
            "ver": auth_version,
            "jti": str(new_id()),
            "iat": now,
            "nbf": now,
            "exp": now + (seconds or self.seconds),
        }
        if admin is not None:  # RFC 8693 §4.1
            claims["act"] = {"sub": str(admin.user_id), "sid": str(admin.session_id), "ver": admin.auth_version}
        key = self._keys.current
        return jwt.encode(claims, self._keys.signing, key.algorithm, headers={"typ": TYPE, "kid": key.kid})

    def public_keys(self) -> list[Jwk]:
        return self._keys.public()

    def successor(self, refresh_token: str, /) -> str:
        """Made with the secret, not with a signing key: a refresh sent again finds the same token after a rotation."""
        code = hmac.new(self._secret, b"refresh" + refresh_token.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.urlsafe_b64encode(code.digest()).rstrip(b"=").decode()

    def verify(self, token: str, /) -> Bearer:
        if len(token) > LONGEST_TOKEN:  # before it is kept
            raise Unauthenticated("The access token is not good.")
        try:
            bearer = self._known(token)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except UNREADABLE:
            raise Unauthenticated("The access token is not good.") from None
        if time.time() >= bearer.expires_at:
            raise TokenExpired
        return bearer

    def _read(self, token: str) -> Bearer:
        key = self._key_for(header_of(token))
        jwt.decode(
            token,
            key.verifying,
            [key.algorithm],
            audience=self._audience,
            issuer=self._issuer,
            options={"require": REQUIRED, "strict_aud": True},
        )
        return _bearer(payload_of(token))

    def _key_for(self, header: dict[str, str]) -> Key:
        """The key says which algorithm it is used with, and never the token (RFC 8725 §3.1)."""
        key = self._keys.get(header["kid"])
        if key is None or header["alg"] != key.algorithm or header["typ"] != TYPE:
            raise jwt.InvalidTokenError("not an access token of ours")
        return key


class TokenExpired(Unauthenticated):
    message = "The access token has expired; refresh it."


def _bearer(claims: dict[str, Any]) -> Bearer:
    if not all(_is_number(claims[name]) for name in NUMBERS) or not isinstance(claims["roles"], list):
        raise jwt.InvalidTokenError("not as we write it")
    session_id = SessionId(_id(claims["sid"]))
    permissions = permissions_of([Role(role) for role in claims["roles"]])
    admin = _admin(claims["act"]) if "act" in claims else None
    actor = Actor(
        id=UserId(_id(claims["sub"])),
        session_id=session_id,
        permissions=permissions,
        acting_admin_id=admin.user_id if admin else None,
    )
    return Bearer(actor=actor, session_id=session_id, auth_version=claims["ver"], expires_at=claims["exp"], admin=admin)


def _admin(act: dict[str, Any]) -> Standing:
    if not _is_number(act["ver"]):
        raise jwt.InvalidTokenError("not as we write it")
    return Standing(user_id=UserId(_id(act["sub"])), session_id=SessionId(_id(act["sid"])), auth_version=act["ver"])


def _is_number(value: object) -> bool:
    """No bool, no fraction."""
    return type(value) is int and 0 < value < MOST


def _id(written: str) -> UUID:
    """In its one right spelling: Python takes it with braces, as a URN, or without hyphens too."""
    id = UUID(written)
    if str(id) != written:
        raise jwt.InvalidTokenError("not as we write it")
    return id
