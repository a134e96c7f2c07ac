"""Who an API token speaks for. What was read is kept for a minute; what is revoked meanwhile the gate knows."""

import time
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from lms_domain.identity.api_tokens import MARK, digest_of
from lms_domain.identity.model import permissions_of
from lms_domain.identity.use_cases import use_api_token
from lms_domain.identity.views import Bearer, KnownApiToken
from lms_domain.kernel import Actor, SessionId, Unauthenticated
from lms_entrypoints.doors import Run

KEPT_SECONDS = 60
MOST_KEPT = 10_000


class ApiTokenNotGood(Unauthenticated):
    message = "The API token is not good: unknown, expired, revoked, or used from elsewhere than allowed."


@dataclass(frozen=True, slots=True)
class Kept:
    bearer: Bearer
    networks: list[IPv4Network | IPv6Network]
    until: float  # time.monotonic()


class ApiTokens:
    def __init__(self, run: Run) -> None:
        self._run = run
        self._kept: dict[bytes, Kept] = {}

    @staticmethod
    def is_one(token: str) -> bool:
        return token.startswith(MARK)

    async def read(self, token: str, ip: str, *, anew: bool = False) -> Bearer:
        """`anew`: whatever is kept of it."""
        digest = digest_of(token)
        kept = None if anew else self._kept.get(digest)
        if kept is None or time.monotonic() >= kept.until:
            kept = await self._look_up(digest)
        if time.time() >= kept.bearer.expires_at or not _is_within(ip, kept.networks):
            raise ApiTokenNotGood
        return kept.bearer

    async def _look_up(self, digest: bytes) -> Kept:
        self._kept.pop(digest, None)
        known = await self._run(use_api_token, digest)
        if known is None:
            raise ApiTokenNotGood
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        networks = [ip_network(each) for each in known.networks]
        kept = self._kept[digest] = Kept(_bearer(known), networks, time.monotonic() + KEPT_SECONDS)
        return kept


def _bearer(known: KnownApiToken) -> Bearer:
    """To the gate it is a session like another."""
    session_id = SessionId(known.id)
    scopes = frozenset(scope.value for scope in known.scopes)
    actor = Actor(id=known.user_id, permissions=permissions_of(known.roles), scopes=scopes)
    expires_at = int(known.expires_at.timestamp())
    return Bearer(actor=actor, session_id=session_id, auth_version=known.auth_version, expires_at=expires_at)


def _is_within(ip: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    if not networks:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in network for network in networks)
