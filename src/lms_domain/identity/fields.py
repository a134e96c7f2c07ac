"""The fields of an account as people send them."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from lms_domain.identity.model import Role
from lms_domain.identity.ports.accounts import Emails
from lms_domain.kernel import Problem, Secret
from lms_domain.text import clean_json, clean_language, clean_text

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 1024


def email_field(value: str, emails: Emails, problems: list[Problem]) -> str:
    normalized = emails.normalized(value)
    if normalized is None:
        problems.append(Problem("email", "an email address, such as name@example.org"))
        return ""
    return normalized


def is_too_long(password: Secret) -> bool:
    """Nobody's. The shortest length is no such bound: it may have been another when an account was made."""
    return len(password.reveal()) > LONGEST_PASSWORD


def name_field(value: str, problems: list[Problem]) -> str:
    return clean_text(value, "full_name", problems, longest=200, shortest=1)


def profile_fields(values: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Those of the values that somebody may say of themselves."""
    cleaned: dict[str, Any] = {}
    if "full_name" in values:
        cleaned["full_name"] = name_field(values["full_name"], problems)
    if "locale" in values:
        cleaned["locale"] = clean_language(values["locale"], "locale", problems)
    if "timezone" in values:
        cleaned["timezone"] = _timezone(values["timezone"], problems)
    if "bio" in values:
        cleaned["bio"] = clean_text(values["bio"], "bio", problems, longest=2000, multiline=True)
    if "metadata" in values:
        cleaned["metadata"] = clean_json(values["metadata"], "metadata", problems)
    return cleaned


def roles_field(values: list[Role], problems: list[Problem]) -> list[Role]:
    if not values:
        problems.append(Problem("roles", "at least one role"))
    return [role for role in Role if role in values]


def _timezone(value: str, problems: list[Problem]) -> str:
    if value not in available_timezones():
        problems.append(Problem("timezone", "a name of the IANA time zone database, such as Europe/Berlin"))
    return value
