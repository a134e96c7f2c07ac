"""What a lesson holds, kind by kind: how it is cleaned, when it is complete, and what a learner may see of it."""

from collections.abc import Callable, Mapping
from typing import Any

from lms_domain.courses.model import LessonKind
from lms_domain.courses.rendering import Rendering
from lms_domain.kernel import Problem
from lms_domain.text import clean_json, clean_language, clean_text, clean_url

LONGEST_TEXT = 150_000  # characters; markup made to be slow takes time by the square of its length
LARGEST_PROBLEMS = 2_000_000  # bytes of JSON
MOST_SOURCES, MOST_CAPTIONS, MOST_PROBLEMS = 20, 50, 500
FORMATS = ("markdown", "html")

Check = Callable[[Any, str, list[Problem]], Any]


def _line(longest: int) -> Check:
    def check(value: Any, field: str, problems: list[Problem]) -> Any:
        if isinstance(value, str):
            return clean_text(value, field, problems, longest=longest)
        problems.append(Problem(field, "a text"))
        return None

    return check


def _text(longest: int) -> Check:
    def check(value: Any, field: str, problems: list[Problem]) -> Any:
        if isinstance(value, str):
            return clean_text(value, field, problems, longest=longest, multiline=True)
        problems.append(Problem(field, "a text"))
        return None

    return check


def _url(value: Any, field: str, problems: list[Problem]) -> Any:
    if isinstance(value, str):
        return clean_url(value, field, problems)
    problems.append(Problem(field, "an http or https address"))
    return None


def _urls(value: Any, field: str, problems: list[Problem]) -> Any:
    if not isinstance(value, list) or len(value) > MOST_SOURCES:
        problems.append(Problem(field, f"a list of at most {MOST_SOURCES} addresses"))
        return None
    return [_url(item, f"{field}[{n}]", problems) for n, item in enumerate(value)]


def _format(value: Any, field: str, problems: list[Problem]) -> Any:
    if value not in FORMATS:
        problems.append(Problem(field, "markdown or html"))
    return value


def _size(value: Any, field: str, problems: list[Problem]) -> Any:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 1 << 53:
        problems.append(Problem(field, "a number of bytes"))
    return value


def _captions(value: Any, field: str, problems: list[Problem]) -> Any:
    if not isinstance(value, list) or len(value) > MOST_CAPTIONS:
        problems.append(Problem(field, f"a list of at most {MOST_CAPTIONS} tracks"))
        return None
    return [_caption(item, f"{field}[{n}]", problems) for n, item in enumerate(value)]


def _caption(value: Any, field: str, problems: list[Problem]) -> Any:
    if not isinstance(value, dict) or set(value) - {"label"} != {"language", "url"}:
        problems.append(Problem(field, "an object of language, url and perhaps label"))
        return None
    language = value["language"] if isinstance(value["language"], str) else ""
    track = {
        "language": clean_language(language, f"{field}.language", problems),
        "url": _url(value["url"], f"{field}.url", problems),
    }
    if "label" in value:
        track["label"] = _line(100)(value["label"], f"{field}.label", problems)
    return track


def _problems(value: Any, field: str, problems: list[Problem]) -> Any:
    """Exercises with their answers; the assessment context will give them a shape of their own."""
    if not isinstance(value, list) or len(value) > MOST_PROBLEMS or not all(isinstance(item, dict) for item in value):
        problems.append(Problem(field, f"a list of at most {MOST_PROBLEMS} objects"))
        return None
    return clean_json(value, field, problems, max_bytes=LARGEST_PROBLEMS, max_depth=12)


_WRITTEN: dict[str, Check] = {"format": _format, "body": _text(LONGEST_TEXT)}
_DESCRIBED: dict[str, Check] = {"description": _text(10_000)}
FIELDS: dict[LessonKind, dict[str, Check]] = {
    LessonKind.TEXT: _WRITTEN,
    LessonKind.VIDEO: _DESCRIBED
    | {"url": _url, "sources": _urls, "poster": _url, "captions": _captions, "transcript": _text(LONGEST_TEXT)},
    LessonKind.FILE: _DESCRIBED | {"url": _url, "name": _line(255), "media_type": _line(127), "size": _size},
    LessonKind.LINK: _DESCRIBED | {"url": _url},
    LessonKind.QUIZ: _WRITTEN | {"problems": _problems},
    LessonKind.ASSIGNMENT: _WRITTEN | {"problems": _problems},
}
# What must be there before learners may see it.
NEEDED = {LessonKind.TEXT: "body", LessonKind.VIDEO: "url", LessonKind.FILE: "url", LessonKind.LINK: "url"}


def clean_content(
    kind: LessonKind, content: Mapping[str, Any], rendering: Rendering, field: str, problems: list[Problem]
) -> dict[str, Any]:
    """A text is kept as it was written, and beside it as the `html` that is shown: rendered and sanitized."""
    fields = FIELDS[kind]
    unknown = sorted(content.keys() - fields.keys() - {"html"})
    problems += [Problem(f"{field}.{name}", f"no such field in a lesson of kind {kind}") for name in unknown]
    before = len(problems)
    cleaned = {
        name: check(content[name], f"{field}.{name}", problems)
        for name, check in fields.items()
        if content.get(name) is not None
    }
    if "body" in cleaned and len(problems) == before:
        cleaned.setdefault("format", "markdown")
        cleaned["html"] = _rendered(cleaned["format"], cleaned["body"], rendering)
    return cleaned


def _rendered(format: str, body: str, rendering: Rendering) -> str:
    return rendering.sanitize_html(body) if format == "html" else rendering.markdown_to_html(body)


def missing_in(kind: LessonKind, content: Mapping[str, Any]) -> str | None:
    """The field without which learners would find nothing."""
    needed = NEEDED.get(kind)
    return needed if needed and not content.get(needed) else None


def for_learners(kind: LessonKind, content: dict[str, Any]) -> dict[str, Any]:
    """Without what was written for authors, and never with the answers of a problem."""
    if kind.is_graded:
        return {"html": content.get("html", ""), "problem_count": len(content.get("problems", []))}
    return content


def readable(content: Mapping[str, Any], rendering: Rendering) -> str:
    """What a search may find in a lesson."""
    parts = [content.get(name, "") for name in ("description", "transcript")]
    if content.get("html"):
        parts.insert(0, rendering.plain_text(content["html"]))
    return "\n".join(part for part in parts if part)
