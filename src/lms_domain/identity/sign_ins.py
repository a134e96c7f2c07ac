"""Who tried to sign in, from where, and what came of it: also when nothing did."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lms_domain.kernel import UserId, new_id


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (an outcome)
    UNKNOWN_ACCOUNT = "unknown_account"
    LOCKED = "locked"  # too many attempts before it; the password was not looked at
    TURNED_AWAY = "turned_away"  # too many were under way; nobody had time to look at the password
    WRONG_CODE = "wrong_code"
    WRONG_PASSKEY = "wrong_passkey"
    NOT_VERIFIED = "email_not_verified"
    ELSEWHERE = "network_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a request came from."""

    user_agent: str = ""
    ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """`user_id` is None where there is no such account; the address that was tried is not kept."""

    id: UUID
    user_id: UserId | None
    outcome: Outcome
    ip: str | None
    user_agent: str
    at: datetime


def sign_in(user_id: UserId | None, outcome: Outcome, origin: Origin, *, now: datetime) -> SignIn:
    agent = printable(origin.user_agent)
    return SignIn(id=new_id(), user_id=user_id, outcome=outcome, ip=origin.ip, user_agent=agent, at=now)


def printable(user_agent: str) -> str:
    return "".join(character for character in user_agent[:300] if character.isprintable())
