"""Which languages a browser asks for (RFC 9110 §12.5.4)."""

import re

WANTED = re.compile(
    r"\s*([a-z]{1,8}(?:-[a-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", re.IGNORECASE | re.ASCII
)
MOST = 20


def languages_of(accept_language: str) -> list[str]:
    """The most wanted first. What is not understood is left out."""
    found = [match for part in accept_language.split(",", MOST)[:MOST] if (match := WANTED.fullmatch(part))]
    weighed = [(float(match[2] or 1), match[1]) for match in found]
    return [language for weight, language in sorted(weighed, key=lambda each: -each[0]) if weight > 0]
