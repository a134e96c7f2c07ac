"""Links from one lesson to another: an address where a course lives, `lesson:KEY` where it travels."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote
from uuid import UUID

from lms_domain.courses.assets import rewrite
from lms_domain.kernel import LessonId

PATH = "/api/v1/lessons/"
ADDRESS = re.compile(re.escape(PATH) + r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![\w/-])")
REFERENCE = re.compile(r"lesson:([A-Za-z0-9._~/%-]+)")


def reference_to(key: str) -> str:
    """What is neither letter, digit nor one of `/._~-` is percent-encoded (RFC 3986)."""
    return f"lesson:{quote(key)}"


def with_lesson_addresses(value: Any, ids: Mapping[str, LessonId]) -> Any:
    """`lesson:KEY` becomes the address of that lesson; a key that nobody knows stays as it is."""

    def address(match: re.Match[str]) -> str:
        id = ids.get(unquote(match[1]))
        return match[0] if id is None else f"{PATH}{id}"

    return rewrite(value, REFERENCE, address)


def with_lesson_references(value: Any, keys: Mapping[str, str]) -> Any:
    """The other way; `keys` by the ids of their lessons, as texts."""
    return rewrite(value, ADDRESS, lambda match: reference_to(keys[match[1]]) if match[1] in keys else match[0])


def with_lesson_ids(value: Any, ids: Mapping[LessonId, LessonId]) -> Any:
    """Links lead to other lessons, such as those of a copy."""

    def address(match: re.Match[str]) -> str:
        id = ids.get(LessonId(UUID(match[1])))
        return match[0] if id is None else f"{PATH}{id}"

    return rewrite(value, ADDRESS, address)
