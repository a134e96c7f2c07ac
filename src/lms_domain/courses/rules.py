"""When a lesson counts as completed, as its author may say it."""

from collections.abc import Mapping
from typing import Any

from lms_domain.courses.model import LessonKind
from lms_domain.kernel import Problem

VIEWED = {"kind": "viewed"}
LONGEST_SECONDS = 86_400
# Each rule's own field, and the largest number it may hold.
FIELDS = {"viewed": None, "min_seconds": ("seconds", LONGEST_SECONDS), "watched_share": ("percent", 100)}


def clean_rule(rule: Mapping[str, Any], field: str, problems: list[Problem]) -> dict[str, Any]:
    """`{"kind": "viewed"}`, `{"kind": "min_seconds", "seconds": 60}` or `{"kind": "watched_share", "percent": 80}`."""
    kind = rule.get("kind")
    if not isinstance(kind, str) or kind not in FIELDS:
        problems.append(Problem(f"{field}.kind", "viewed, min_seconds or watched_share"))
        return dict(VIEWED)
    own = FIELDS[kind]
    names = {"kind"} | ({own[0]} if own else set())
    problems += [Problem(f"{field}.{name}", f"no such field in {kind}") for name in sorted(rule.keys() - names)]
    if own is None:
        return {"kind": kind}
    name, largest = own
    value = rule.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= largest:
        problems.append(Problem(f"{field}.{name}", f"a whole number from 1 to {largest}"))
    return {"kind": kind, name: value}


def must_be_measurable(
    rule: Mapping[str, Any], kind: LessonKind, duration: int | None, field: str, problems: list[Problem]
) -> None:
    if rule.get("kind") == "watched_share" and (kind is not LessonKind.VIDEO or not duration):
        problems.append(Problem(field, "watched_share is for a video with duration_seconds"))
