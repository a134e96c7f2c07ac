"""The fields of a course, section and lesson as people send them: every broken rule is found before one is told."""

import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from lms_domain.courses.content import clean_content
from lms_domain.courses.currencies import CURRENCIES
from lms_domain.courses.model import Course, Lesson, LessonKind, Level, Price
from lms_domain.courses.rendering import Rendering
from lms_domain.courses.rules import VIEWED, clean_rule, must_be_measurable
from lms_domain.kernel import Problem
from lms_domain.standing import Visibility
from lms_domain.text import clean_json, clean_language, clean_moment, clean_slug, clean_text, clean_texts, clean_url

Check = Callable[[Any, str, list[Problem]], Any]
LONGEST_DESCRIPTION = 50_000
MOST_PREREQUISITES = 20
MOST_MONEY = 1_000_000_000  # minor units


def cleaned(
    values: Mapping[str, Any], checks: Mapping[str, Check], problems: list[Problem], at: str = ""
) -> dict[str, Any]:
    """Those of the values that have a check here, each after its check."""
    return {name: check(values[name], at + name, problems) for name, check in checks.items() if name in values}


def line(longest: int, *, shortest: int = 0) -> Check:
    def check(value: str, field: str, problems: list[Problem]) -> str:
        return clean_text(value, field, problems, longest=longest, shortest=shortest)

    return check


def text(longest: int) -> Check:
    def check(value: str, field: str, problems: list[Problem]) -> str:
        return clean_text(value, field, problems, longest=longest, multiline=True)

    return check


def lines(longest: int, *, most: int, clean: Callable[[str], str] = str) -> Check:
    def check(value: list[str], field: str, problems: list[Problem]) -> list[str]:
        return clean_texts(value, field, problems, longest=longest, most=most, clean=clean)

    return check


def number(smallest: int, largest: int) -> Check:
    def check(value: int | None, field: str, problems: list[Problem]) -> int | None:
        if value is not None and not smallest <= value <= largest:
            problems.append(Problem(field, f"a whole number from {smallest} to {largest}"))
        return value

    return check


def one_of(kind: type[StrEnum]) -> Check:
    def check(value: str, field: str, problems: list[Problem]) -> Any:
        if value in list(kind):
            return kind(value)
        problems.append(Problem(field, "one of " + ", ".join(kind)))
        return None

    return check


def category_key(value: str) -> str:
    """`Data  Science` and `data-science` are one category; letters of every script are kept."""
    words = "".join(c if c.isalnum() or _is_mark(c) else " " for c in value.casefold())
    return "-".join(words.split())


def _is_mark(c: str) -> bool:
    return unicodedata.category(c).startswith("M")


def _category(value: str | None, field: str, problems: list[Problem]) -> str | None:
    return (value and category_key(clean_text(value, field, problems, longest=60))) or None


def _thumbnail(value: str | None, field: str, problems: list[Problem]) -> str | None:
    return (value and clean_url(value, field, problems)) or None


def _price(value: Price | None, field: str, problems: list[Problem]) -> Price | None:
    if value is None:
        return None
    currency = value.currency.upper()
    if currency not in CURRENCIES:
        problems.append(Problem(f"{field}.currency", "a currency code (ISO 4217), such as EUR"))
    if not 0 <= value.amount <= MOST_MONEY:
        problems.append(Problem(f"{field}.amount", f"minor units, from 0 to {MOST_MONEY}"))
    return Price(amount=value.amount, currency=currency) if value.amount else None


def _metadata(value: dict[str, Any], field: str, problems: list[Problem]) -> dict[str, Any]:
    kept: dict[str, Any] = clean_json(value, field, problems)
    return kept


def _ids(value: list[Any], field: str, problems: list[Problem]) -> list[Any]:
    if len(value) > MOST_PREREQUISITES:
        problems.append(Problem(field, f"at most {MOST_PREREQUISITES} courses"))
    return list(dict.fromkeys(value))


PAGE: dict[str, Check] = {
    "title": line(200, shortest=1),
    "summary": line(500),
    "description": text(LONGEST_DESCRIPTION),
    "language": clean_language,
    "level": one_of(Level),
    "category": _category,
    "tags": lines(40, most=20, clean=str.casefold),
    "objectives": lines(300, most=50),
    "requirements": lines(300, most=50),
    "estimated_minutes": number(1, 1_000_000),
    "thumbnail": _thumbnail,
}
SETTINGS: dict[str, Check] = {
    "slug": clean_slug,
    "visibility": one_of(Visibility),
    "price": _price,
    "seats": number(1, 1_000_000),
    "enrollment_opens_at": clean_moment,
    "enrollment_closes_at": clean_moment,
    "access_days": number(1, 36_500),
    "prerequisite_ids": _ids,
    "metadata": _metadata,
}
SECTION: dict[str, Check] = {"title": line(200, shortest=1), "summary": text(2000)}
LESSON: dict[str, Check] = {
    "title": line(200, shortest=1),
    "required": lambda value, *_: value,
    "preview": lambda value, *_: value,
    "completion_rule": clean_rule,
    "duration_seconds": number(1, 1_000_000),
    "metadata": _metadata,
}


def page_fields(values: Mapping[str, Any], rendering: Rendering, problems: list[Problem]) -> dict[str, Any]:
    """The descriptive fields among the values, and the description as HTML."""
    page = cleaned(values, PAGE, problems)
    if "description" in page and not problems:
        page["description_html"] = rendering.markdown_to_html(page["description"])
    return page


def settings_fields(
    values: Mapping[str, Any], problems: list[Problem], current: Course | None = None
) -> dict[str, Any]:
    """The settings among the values; the enrollment window is looked at as it will be."""
    settings = cleaned(values, SETTINGS, problems)
    opens, closes = (
        settings.get(name, getattr(current, name, None)) for name in ("enrollment_opens_at", "enrollment_closes_at")
    )
    if not problems and opens and closes and opens >= closes:
        problems.append(Problem("enrollment_closes_at", "later than enrollment_opens_at"))
    return settings


def section_fields(values: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    return cleaned(values, SECTION, problems)


def lesson_fields(
    values: Mapping[str, Any], rendering: Rendering, problems: list[Problem], current: Lesson | None = None
) -> dict[str, Any]:
    """A lesson's fields. What belongs together is looked at as it will be: kind, content, rule and duration."""
    lesson = cleaned(values, LESSON, problems)
    kind = LessonKind(values["kind"]) if "kind" in values else current.kind if current else LessonKind.TEXT
    if "kind" in values:
        lesson["kind"] = kind
    if "content" in values or (current and current.kind is not kind):
        content = values.get("content", current.content if current else {})
        lesson["content"] = clean_content(kind, content, rendering, "content", problems)
    rule = lesson.get("completion_rule", current.completion_rule if current else VIEWED)
    duration = lesson.get("duration_seconds", current.duration_seconds if current else None)
    must_be_measurable(rule, kind, duration, "completion_rule", problems)
    return lesson
