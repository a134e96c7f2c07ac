"""Personal API tokens: what a program shows instead of signing in, for some of what its owner may do."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType, Self
from uuid import UUID

from lms_domain.identity import events
from lms_domain.kernel import Conflict, Event, Forbidden, Problem, UserId, new_id, refuse_if_any
from lms_domain.networks import RULE, network_in
from lms_domain.text import clean_text

ApiTokenId = NewType("ApiTokenId", UUID)

MARK = "lms_"  # by which people, and programs that look for leaked secrets, know one
SHOWN = 12  # characters that are kept in the clear, to tell tokens apart
MOST_TOKENS = 50  # of one user, at a time
MOST_NETWORKS = 20
LONGEST_LIFE = timedelta(days=366)


class Scope(StrEnum):
    """What a token may be used for. Its owner must be allowed to do it as well."""

    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"
    ORGANIZATIONS_READ = "organizations:read"
    ORGANIZATIONS_WRITE = "organizations:write"
    COURSES_READ = "courses:read"
    COURSES_WRITE = "courses:write"
    LEARNING_READ = "learning:read"
    LEARNING_WRITE = "learning:write"
    AUDIT_READ = "audit:read"
    EVENTS_READ = "events:read"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiTokenDraft:
    """`networks`: from where it may be used, in CIDR; none means from anywhere."""

    name: str
    scopes: list[Scope]
    expires_at: datetime
    networks: list[str]

    def cleaned(self, *, now: datetime) -> Self:
        problems: list[Problem] = []
        name = clean_text(self.name, "name", problems, longest=100, shortest=1)
        if not self.scopes:
            problems.append(Problem("scopes", "at least one"))
        if not now < self.expires_at <= now + LONGEST_LIFE:
            problems.append(Problem("expires_at", f"later than now, and within {LONGEST_LIFE.days} days"))
        if len(self.networks) > MOST_NETWORKS:
            problems.append(Problem("networks", f"at most {MOST_NETWORKS}"))
        networks = [_network(each, number, problems) for number, each in enumerate(self.networks[:MOST_NETWORKS])]
        refuse_if_any(problems)
        scopes = [scope for scope in Scope if scope in self.scopes]
        return type(self)(name=name, scopes=scopes, expires_at=self.expires_at, networks=networks)


@dataclass(slots=True, kw_only=True)
class ApiToken:
    """Of the token itself only the SHA-256 is kept, and its first characters."""

    id: ApiTokenId
    user_id: UserId
    name: str
    prefix: str
    digest: bytes
    scopes: list[Scope]
    networks: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    version: int = 1

    @classmethod
    def make(cls, user_id: UserId, draft: ApiTokenDraft, secret: str, *, now: datetime) -> Self:
        """The token to keep; `secret` is shown once, to its owner."""
        return cls(
            id=ApiTokenId(new_id()),
            user_id=user_id,
            name=draft.name,
            prefix=secret[:SHOWN],
            digest=digest_of(secret),
            scopes=draft.scopes,
            networks=draft.networks,
            created_at=now,
            expires_at=draft.expires_at,
        )

    def revoke(self, by: UserId | None, *, now: datetime) -> Iterator[Event]:
        if self.revoked_at is None:
            self.revoked_at = now
            yield events.ApiTokenRevoked(at=now, user_id=self.user_id, token_id=self.id, by=by)


def digest_of(secret: str) -> bytes:
    """128 random bits under a seal are hidden by a plain hash as well as by a slow one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _network(written: str, number: int, problems: list[Problem]) -> str:
    try:
        return str(network_in(written.strip()))
    except ValueError:
        problems.append(Problem(f"networks[{number}]", RULE))
        return ""


class TooManyTokens(Conflict):
    message = f"At most {MOST_TOKENS} API tokens at a time; revoke one first."


class InsufficientScope(Forbidden):
    message = "This API token may not be used for that."
