"""Text that people send: cleaned in one way everywhere, and refused with a Problem where it cannot be."""

import json
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from lms_domain.kernel import Problem, refuse_if_any

# Everything below space but tab and line breaks, DEL, the C1 controls, and lone surrogates: neither PostgreSQL nor
# a reader can do anything with them.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
LINE_BREAK = re.compile("\r\n?")
NOT_IN_A_SLUG = re.compile("[^a-z0-9]+")
SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
SLUG_LENGTH = 80
ADDRESS = re.compile(r"(?:https?://[^\s/?#\\<>\"']+[^\s<>\"']*|/(?!/)[^\s\\<>\"']*)", re.IGNORECASE)
EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

# BCP 47 (RFC 5646 §2.1) without grandfathered and private-only tags: language, script, region, variants, extensions.
LONGEST_TAG = 35  # RFC 5646 §4.4.1
REGION, SCRIPT = 2, 4  # letters
LANGUAGE_TAG = re.compile(
    r"[a-z]{2,3}(?:-[a-z]{3}){0,3}(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wy-z\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?",
    re.IGNORECASE | re.ASCII,
)


def clean_text(
    value: str,
    field: str,
    problems: list[Problem],
    *,
    longest: int,
    shortest: int = 0,
    multiline: bool = False,
) -> str:
    """The text in NFC, without spaces around it. One line unless `multiline`; lengths are in characters.

    A broken rule is added to `problems`; what is returned then must not be used.
    """
    if FORBIDDEN.search(value):
        problems.append(Problem(field, "no control characters"))
        return ""
    text = LINE_BREAK.sub("\n", unicodedata.normalize("NFC", value)).strip()
    if not multiline:
        text = " ".join(text.split())
    if not shortest <= len(text) <= longest:
        rule = f"{shortest} to {longest} characters" if shortest else f"at most {longest} characters"
        problems.append(Problem(field, rule))
    elif shortest and not any(map(_is_visible, text)):
        problems.append(Problem(field, "something that can be seen"))
    return text


def _is_visible(character: str) -> bool:
    """No space, and no mark that only steers how others are shown (Unicode's general categories Z and C)."""
    return unicodedata.category(character)[0] not in "ZC"


def clean_texts(
    values: list[str],
    field: str,
    problems: list[Problem],
    *,
    longest: int,
    most: int,
    clean: Callable[[str], str] = str,
) -> list[str]:
    """A list of one-line texts: none empty, none twice, at most `most`. `clean` has the last word on each."""
    if len(values) > most:
        problems.append(Problem(field, f"at most {most} items"))
        return []
    cleaned = [clean(clean_text(value, f"{field}[{n}]", problems, longest=longest)) for n, value in enumerate(values)]
    return list(dict.fromkeys(text for text in cleaned if text))


def clean_language(value: str, field: str, problems: list[Problem]) -> str:
    """A language tag (BCP 47) in its usual case: `en`, `pt-BR`, `zh-Hant-TW`."""
    if len(value) > LONGEST_TAG or not LANGUAGE_TAG.fullmatch(value):
        problems.append(Problem(field, "a language tag (BCP 47), such as en or pt-BR"))
        return value
    first, *rest = value.split("-")
    return "-".join([first.lower(), *_cased(rest)])


def _cased(subtags: list[str]) -> list[str]:
    """RFC 5646 §2.1.1: two letters are upper case, four are title case, after a singleton all are lower."""
    cased: list[str] = []
    for n, tag in enumerate(subtags):
        plain = any(len(earlier) == 1 for earlier in subtags[: n + 1])
        upper = (
            tag.upper() if len(tag) == REGION else tag.title() if len(tag) == SCRIPT and tag.isalpha() else tag.lower()
        )
        cased.append(tag.lower() if plain else upper)
    return cased


def clean_slug(value: str, field: str, problems: list[Problem], *, longest: int = SLUG_LENGTH) -> str:
    if len(value) > longest or not SLUG.fullmatch(value):
        problems.append(Problem(field, f"lower case letters, digits and single hyphens, at most {longest}"))
    return value


def slugify(text: str, *, longest: int = SLUG_LENGTH) -> str:
    """`Ökologie für alle!` is `okologie-fur-alle`; a text without any Latin letter or digit gives ``."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return NOT_IN_A_SLUG.sub("-", plain.lower()).strip("-")[:longest].strip("-")


def clean_url(value: str, field: str, problems: list[Problem], *, longest: int = 2000) -> str:
    """An http(s) address, or a path on this server."""
    text = clean_text(value, field, problems, longest=longest, shortest=1)
    if text and not (ADDRESS.fullmatch(text) and _is_parted(text)):
        problems.append(Problem(field, "an http or https address"))
    return text


def _is_parted(address: str) -> bool:
    """Whether its host and port can be told."""
    try:
        parts = urlsplit(address)
        return address.startswith("/") or (bool(parts.hostname) and parts.port != 0)
    except ValueError:
        return False


def clean_moment(value: datetime | None, field: str, problems: list[Problem]) -> datetime | None:
    """A time between the years 2000 and 2200, with its offset from UTC; others cannot be stored and read everywhere."""
    if value is None:
        return None
    if value.tzinfo is None:
        problems.append(Problem(field, "a time with its offset from UTC, such as 2030-01-31T08:00:00Z"))
    elif not EARLIEST <= value <= LATEST:
        problems.append(Problem(field, "a time between the years 2000 and 2200"))
    return value


def clean_json(value: Any, field: str, problems: list[Problem], *, max_bytes: int = 16_384, max_depth: int = 5) -> Any:
    """JSON that is stored as it is: bounded in size and depth, and free of what PostgreSQL refuses."""
    found = len(problems)
    if _depth(value, max_depth) > max_depth:
        problems.append(Problem(field, f"nested at most {max_depth} levels deep"))
        return value
    _walk(value, field, problems)
    if len(problems) == found and len(json.dumps(value, ensure_ascii=False).encode()) > max_bytes:
        problems.append(Problem(field, f"at most {max_bytes} bytes of JSON"))
    return value


def _depth(value: Any, most: int) -> int:
    """Levels of it, counted no further than one more than `most`."""
    if not isinstance(value, dict | list) or most < 0:
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max((_depth(each, most - 1) for each in inner), default=0)


def _walk(value: Any, field: str, problems: list[Problem]) -> None:
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            _walk_text(key, field, problems)
            _walk(inner, field, problems)
    elif isinstance(value, int | float) and not abs(value) < 1 << 63:  # an infinity, too
        problems.append(Problem(field, "numbers of at most 64 bits"))
    else:
        _walk_text(value, field, problems)


def _walk_text(value: Any, field: str, problems: list[Problem]) -> None:
    if isinstance(value, str) and FORBIDDEN.search(value):
        problems.append(Problem(field, "no control characters"))


def clean_query(value: str | None, field: str) -> str | None:
    """What somebody looks for: without spaces around it; empty is the same as nothing."""
    problems: list[Problem] = []
    text = clean_text(value or "", field, problems, longest=200)
    refuse_if_any(problems)
    return text or None
