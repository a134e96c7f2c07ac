"""Small texts of OLX: attributes that hold booleans, JSON, names and times."""

import json
import re
import unicodedata
from typing import Any

from lms_domain.text import LANGUAGE_TAG

# What no text of a course may hold: everything below space but tab and line breaks, and the C1 controls.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LONGEST_TITLE = 200
LONGEST_LANGUAGE = 35
CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:\.\d+)?")


def plain(text: str) -> str:
    """Normalized (NFC) first: that may lengthen a text."""
    return CONTROL.sub("", unicodedata.normalize("NFC", text))


def line(text: str, longest: int = LONGEST_TITLE) -> str:
    """One line of at most `longest` characters."""
    words = " ".join(plain(text).split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def is_language(tag: str) -> bool:
    return len(tag) <= LONGEST_LANGUAGE and LANGUAGE_TAG.fullmatch(tag) is not None


def is_true(text: str | None) -> bool:
    return (text or "").strip().lower() == "true"


def from_json(text: str | None) -> Any:
    """None where it is no JSON."""
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def texts_in(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def seconds(clock: str | None) -> int:
    """`00:11:39` is 699; what is no time is 0."""
    match = CLOCK.fullmatch((clock or "").strip())
    if match is None:
        return 0
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest
