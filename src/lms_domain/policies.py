"""What an organization asks of how its people sign in, and of where its staff work from. Several may hold at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address, ip_network
from typing import Protocol

from lms_domain.kernel import Forbidden, OrganizationId, UserId

BELOW = "*."  # before a domain: all below it


class MfaRule(StrEnum):
    """Who has to have a second factor."""

    NONE = "none"
    STAFF = "staff"
    ALL = "all"


@dataclass(slots=True, kw_only=True)
class Policy:
    """`mfa_since`: when the present rule began, from which the days of grace count. None and empty: no such rule."""

    organization_id: OrganizationId
    mfa: MfaRule = MfaRule.NONE
    mfa_grace_days: int = 0
    mfa_since: datetime | None = None
    email_domains: list[str] = field(default_factory=list)
    session_idle_minutes: int | None = None
    session_minutes: int | None = None
    password_score: int | None = None
    staff_networks: list[str] = field(default_factory=list)
    updated_at: datetime | None = None
    updated_by: UserId | None = None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A policy that holds for somebody. `since`: when they came; `is_staff`: whether they are staff there."""

    policy: Policy
    organization: str
    is_default: bool
    since: datetime
    is_staff: bool

    @property
    def mfa_due(self) -> datetime | None:
        """From when a second factor is asked for; None: never."""
        rule, since = self.policy.mfa, self.policy.mfa_since
        if since is None or rule is MfaRule.NONE or (rule is MfaRule.STAFF and not self.is_staff):
            return None
        return max(since, self.since) + timedelta(days=self.policy.mfa_grace_days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Of a session: from its last use, and at the longest from the sign-in."""

    idle: timedelta
    longest: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The strictest of all that hold for somebody."""

    mfa_due: datetime | None = None
    idle: timedelta | None = None
    longest: timedelta | None = None
    password_score: int = 0
    networks: tuple[tuple[str, ...], ...] = ()  # where they have to be signed in from: in one of each

    def asks_for_mfa(self, now: datetime) -> bool:
        return self.mfa_due is not None and now >= self.mfa_due

    def session_end(self, life: Life, *, opened: datetime, now: datetime) -> datetime:
        """`life`: as it is where no policy asks for a shorter one."""
        longest = min(life.longest, self.longest or life.longest)
        return min(now + min(life.idle, self.idle or life.idle), opened + longest)


def strictest(held: Sequence[Held]) -> Rules:
    return Rules(
        mfa_due=min((each.mfa_due for each in held if each.mfa_due), default=None),
        idle=_shortest([each.policy.session_idle_minutes for each in held]),
        longest=_shortest([each.policy.session_minutes for each in held]),
        password_score=max((each.policy.password_score or 0 for each in held), default=0),
        # Staff of the instance; of another organization they are let in, and are no staff there from elsewhere.
        networks=tuple(
            tuple(each.policy.staff_networks)
            for each in held
            if each.is_default and each.is_staff and each.policy.staff_networks
        ),
    )


def is_within(ip: str | None, networks: Collection[str]) -> bool:
    """Without an address, as at the command line, or without networks: yes. What is no address is within none."""
    if ip is None or not networks:
        return True
    try:
        address = ip_address(ip)
    except ValueError:
        return False
    return any(address in ip_network(each) for each in networks)


def takes_address(email: str, domains: Collection[str]) -> bool:
    """`example.org` stands for itself, `*.example.org` for all below it. Both are in ASCII, in lower case."""
    domain = email.rpartition("@")[2]
    return not domains or any(
        domain.endswith(each[1:]) if each.startswith(BELOW) else domain == each for each in domains
    )


class NetworkRefused(Forbidden):
    message = "This organization lets its staff do this from its own networks only."


class Policies(Protocol):
    async def of(self, organization_id: OrganizationId, /) -> Policy | None: ...
    async def of_default(self) -> Policy | None:
        """Of the default organization, which everybody with an account belongs to."""

    async def held_by(self, user_id: UserId, /) -> list[Held]:
        """Those of the default organization, of those they are a member of, and of those whose courses they teach."""

    async def put(self, policy: Policy, /) -> None:
        """Whoever puts it holds the organization."""


def _shortest(minutes: Sequence[int | None]) -> timedelta | None:
    given = [each for each in minutes if each is not None]
    return timedelta(minutes=min(given)) if given else None
