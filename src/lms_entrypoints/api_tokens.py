"""Who an API token speaks for. What was read is kept for a minute; what is revoked meanwhile the gate knows."""

import secrets
import time
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from uuid import UUID

from lms_domain.identity.api_tokens import MARK, digest_of
from lms_domain.identity.errors import TooManyRequests
from lms_domain.identity.gate import Bucket, Gate
from lms_domain.identity.model import permissions_of
from lms_domain.identity.ports.sessions import Seals
from lms_domain.identity.use_cases import use_api_token
from lms_domain.identity.views import Bearer, KnownApiToken
from lms_domain.kernel import Actor, SessionId, Unauthenticated
from lms_entrypoints.doors import Run
from lms_entrypoints.http.addresses import network_of
from lms_entrypoints.limit_settings import rate

KEPT_SECONDS = 60
MOST_KEPT = 10_000
PURPOSE = "api token"  # of the seal


class ApiTokenNotGood(Unauthenticated):
    message = "The API token is not good: unknown, expired, revoked, or used from elsewhere than allowed."


@dataclass(frozen=True, slots=True)
class Kept:
    bearer: Bearer | None  # None: it is not good, and never will be again
    networks: list[IPv4Network | IPv6Network]
    until: float  # time.monotonic()


class ApiTokens:
    """Each bears a seal of ours, which whoever makes one up cannot make.

    One with another seal may be from before the key was replaced. It is looked up, and counted before that: `strange`
    says how many of one network. `counter` counts in memory, so that no request waits for another server because of it.
    """

    def __init__(self, run: Run, seals: Seals, counter: Gate, *, strange: str) -> None:
        self._run, self._seals, self._counter, self._strange = run, seals, counter, rate(strange)
        self._kept: dict[bytes, Kept] = {}

    def new_secret(self) -> str:
        return MARK + self._seals.seal(PURPOSE, UUID(bytes=secrets.token_bytes(16)))

    @staticmethod
    def is_one(token: str) -> bool:
        return token.startswith(MARK)

    async def read(self, token: str, ip: str, *, anew: bool = False) -> Bearer:
        """`anew`: whatever is kept of it."""
        digest = digest_of(token)
        kept = None if anew else self._kept.get(digest)
        if kept is None or time.monotonic() >= kept.until:
            is_sealed = self._seals.open(PURPOSE, token.removeprefix(MARK)) is not None
            if not is_sealed:
                await self._count(ip)
            kept = await self._look_up(digest, is_sealed=is_sealed)
        if kept.bearer is None or time.time() >= kept.bearer.expires_at or not _is_within(ip, kept.networks):
            raise ApiTokenNotGood
        return kept.bearer

    async def _count(self, ip: str) -> None:
        if self._strange is None:
            return
        found = Bucket(f"api-token:{network_of(ip)}", self._strange.capacity, self._strange.seconds)
        verdict = await self._counter.ask(None, [found])
        if not verdict.admitted and verdict.level:
            raise TooManyRequests(verdict.level.wait)

    async def _look_up(self, digest: bytes, *, is_sealed: bool) -> Kept:
        """That a token is not good is kept too, but not of what anybody may make up: nobody fills the memory."""
        self._kept.pop(digest, None)
        known = await self._run(use_api_token, digest)
        networks = [ip_network(each) for each in known.networks] if known else []
        kept = Kept(_bearer(known) if known else None, networks, time.monotonic() + KEPT_SECONDS)
        if known or is_sealed:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[digest] = kept
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
