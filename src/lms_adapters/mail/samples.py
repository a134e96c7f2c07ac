"""A letter of every kind, as if something had happened: for looking at templates."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lms_domain.mailing import VALUES, Letter, LetterKind

AT = datetime(2027, 3, 14, 9, 26, tzinfo=UTC)
SITE = "https://lms.example.org"
KNOWN: Mapping[str, Any] = {
    "at": AT,
    "because": "failing",
    "course": "Bees & their gardens",
    "device": "Firefox on Linux",
    "email": "ada@example.net",
    "grade": "87 / 100",
    "html": "<p>On <strong>Friday</strong> we meet at the hives.</p>\n<ul>\n<li>a hat</li>\n<li>gloves</li>\n</ul>\n",
    "ip": "203.0.113.7",
    "life": timedelta(minutes=30),
    "name": "Ada Lovelace",
    "organization": "Northern School & friends",
    "origin": "https://hooks.example.org",
    "text": "On **Friday** we meet at the hives.\n\n- a hat\n- gloves\n",
    "title": "Friday's excursion",
    "url": f"{SITE}/courses/bees",
}
OF_DIGEST = (LetterKind.ANNOUNCEMENT, LetterKind.ACCESS_ENDING, LetterKind.COURSE_COMPLETED)


def sample(kind: LetterKind, locale: str) -> Letter:
    """What may be turned off says where."""
    is_of_course = "name" in VALUES[kind] and kind is not LetterKind.WELCOME
    return Letter(
        id=UUID(int=1),
        kind=kind,
        to="ada@example.org",
        locale=locale,
        timezone="Europe/Vienna",
        values=_values(kind),
        unsubscribe_url=f"{SITE}/api/v1/unsubscribe/token" if is_of_course else None,
    )


def _values(kind: LetterKind) -> dict[str, Any]:
    items = [{"kind": each, "at": AT, "values": _values(each)} for each in OF_DIGEST if kind is LetterKind.DIGEST]
    return {name: items if name == "items" else KNOWN[name] for name in VALUES[kind]}
