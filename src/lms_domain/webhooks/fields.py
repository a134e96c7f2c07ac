"""What people say of a webhook, cleaned, or refused with its field and rule."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from lms_domain.kernel import Problem, refuse_if_any
from lms_domain.text import clean_text
from lms_domain.webhooks.addresses import is_public, literal
from lms_domain.webhooks.kinds import ALL, KINDS

LONGEST_URL = 2000
LONGEST_DESCRIPTION = 500
MOST_KINDS = 100
DEFAULT_PORTS = {"http": 80, "https": 443}


def cleaned(values: Mapping[str, Any], *, private: bool) -> dict[str, Any]:
    """`private`: whether addresses may lead into networks of one's own, and without TLS."""
    problems: list[Problem] = []
    found = dict(values)
    if "url" in values:
        found["url"] = clean_target(values["url"], problems, private=private)
    if "kinds" in values:
        found["kinds"] = clean_kinds(values["kinds"], problems)
    if "description" in values:
        found["description"] = clean_text(
            values["description"], "description", problems, longest=LONGEST_DESCRIPTION, multiline=True
        )
    refuse_if_any(problems)
    return found


def clean_target(value: str, problems: list[Problem], *, private: bool) -> str:
    parts = _parts(value)
    schemes = ("https", "http") if private else ("https",)
    if len(value) > LONGEST_URL:
        problems.append(Problem("url", f"at most {LONGEST_URL} characters"))
    elif parts is None or not parts.hostname:
        problems.append(Problem("url", "an address in ASCII, such as https://example.org/hooks"))
    elif parts.scheme not in schemes:
        problems.append(Problem("url", f"an address that begins with {' or '.join(f'{s}://' for s in schemes)}"))
    elif parts.username is not None or parts.password is not None or parts.fragment:
        problems.append(Problem("url", "an address without user, password and fragment"))
    elif not private and (address := literal(parts.hostname)) and not is_public(address):
        problems.append(Problem("url", "an address on the public internet"))
    return value


def clean_kinds(values: list[str], problems: list[Problem]) -> list[str]:
    """Each once, in order. `*` stands for all of them, also those to come."""
    if not 1 <= len(values) <= MOST_KINDS:
        problems.append(Problem("kinds", f"1 to {MOST_KINDS} items"))
        return []
    problems.extend(
        Problem(f"kinds[{n}]", "a kind of event that there is, or *")
        for n, kind in enumerate(values)
        if kind != ALL and kind not in KINDS
    )
    return [ALL] if ALL in values else sorted(set(values))


def origin_of(url: str) -> str:
    """Where it leads, without what may be a secret of the receiver's."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _parts(value: str) -> SplitResult | None:
    if not (value.isascii() and value.isprintable()) or " " in value or "\\" in value:
        return None
    try:
        parts = urlsplit(value)
        return None if parts.port == 0 else parts
    except ValueError:
        return None
