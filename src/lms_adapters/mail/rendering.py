"""The words of letters: templates in every language, each of which gives the subject, the text and the HTML."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, format_timedelta
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from lms_domain.mailing import Letter, LetterKind

TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "en"
LANGUAGES = tuple(sorted(each.name for each in TEMPLATES.iterdir() if each.is_dir()))
PARAGRAPH = re.compile(r"\n\s*\n")
# Halves of a character (surrogates), which stand alone in no text that came as UTF-8: nobody else writes them.
KEPT_SPACE = "\udc20"  # that indents what somebody wrote
INDENT = re.compile(r"^ +", re.MULTILINE)
KEPT_BREAK = "\udc0a"  # a line's end in what somebody wrote; a template's own ends are only where its lines were full

P = '<p style="margin:0 0 16px">{}</p>'
LINK = (
    '<p style="margin:24px 0"><a href="{}" style="background:#1d4ed8;border-radius:6px;color:#ffffff;'
    'display:inline-block;padding:12px 20px;text-decoration:none">{}</a></p>'
)
LINE = '<p style="margin:0 0 12px"><a href="{}">{}</a><br><span style="color:#5b6472">{}</span></p>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


class LetterTemplates:
    """`site`: the name that letters are signed with."""

    def __init__(self, site: str) -> None:
        self._text = _environment(is_html=False, site=site)
        self._html = _environment(is_html=True, site=site)

    def render(self, letter: Letter) -> Rendered:
        language = language_of(letter.locale)
        given = {
            **letter.values,
            "language": language,
            "locale": _locale(letter.locale, language),
            "zone": ZoneInfo(letter.timezone),
            "unsubscribe_url": letter.unsubscribe_url,
        }
        name = f"{language}/{letter.kind}.jinja"
        given["subject"] = subject = _subject(self._text.get_template(name), given)
        text, html = (each.get_template(name).render(given) for each in (self._text, self._html))
        return Rendered(subject=subject, text=text, html=html)


def language_of(locale: str) -> str:
    """The nearest there is: `de` for `de-AT`."""
    language = locale.partition("-")[0].lower()
    return language if language in LANGUAGES else FALLBACK


def _environment(*, is_html: bool, site: str) -> Environment:
    made = Environment(  # nosec B701 (text is no HTML)
        loader=FileSystemLoader(TEMPLATES),
        autoescape=is_html,  # noqa: S701 (the same)
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.globals |= {"site": site, "layout": "layout.html" if is_html else "layout.txt", "subject_of": _subject_of}
    made.globals |= _HTML if is_html else _TEXT
    made.filters |= {
        "paragraphs": _html_paragraphs if is_html else _text_paragraphs,
        "moment": _moment,
        "duration": _duration,
    }
    return made


def _locale(wanted: str, language: str) -> Locale:
    """Dates look as in the reader's country, where it is known."""
    try:
        found = Locale.parse(wanted, sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale.parse(language)
    return found if found.language == language else Locale.parse(language)


def _subject(template: Template, given: Mapping[str, Any]) -> str:
    """One line: whatever a title holds, it ends no header."""
    context = template.new_context(dict(given))
    return " ".join("".join(template.blocks["subject"](context)).split())


@pass_context
def _subject_of(context: Context, kind: LetterKind, values: Mapping[str, Any]) -> str:
    """What a letter of its own would be called."""
    name = f"{context['language']}/{kind}.jinja"
    template = context.environment.get_template(name)
    text = _subject(template, {**context.get_all(), **values})
    return unescape(text) if context.eval_ctx.autoescape else text


@pass_context
def _moment(context: Context, at: datetime) -> str:
    """In the reader's time zone, which is named."""
    locale, zone = context["locale"], context["zone"]
    local = at.astimezone(zone)
    day, hour = format_date(local, "long", locale), format_time(local, "short", locale=locale)
    return f"{day}, {hour} ({zone.key.replace('_', ' ')})"


@pass_context
def _duration(context: Context, length: timedelta) -> str:
    return format_timedelta(length, threshold=2, locale=context["locale"])


def _html_paragraphs(body: str) -> Markup:
    """What is HTML already stays; the rest was escaped when it was put in."""
    parts = (part.strip() for part in PARAGRAPH.split(str(body).strip()))
    whole = "\n".join(part if part.startswith("<") else P.format(part) for part in parts if part)
    return Markup(whole.replace(KEPT_BREAK, "\n"))  # noqa: S704 (by whom it was escaped: above)  # nosec B704


def _text_paragraphs(body: str) -> str:
    parts = (" ".join(part.split()) for part in PARAGRAPH.split(body))
    return "\n\n".join(part for part in parts if part).replace(KEPT_BREAK, "\n").replace(KEPT_SPACE, " ")


def _html_button(label: str, url: str) -> Markup:
    return Markup(LINK.format(escape(url), escape(label)))  # noqa: S704 (escaped)  # nosec B704


def _html_link(label: str, url: str) -> Markup:
    return Markup(P.format(f'<a href="{escape(url)}">{escape(label)}</a>'))  # noqa: S704 (escaped)  # nosec B704


def _html_line(label: str, url: str, below: str) -> Markup:
    return Markup(LINE.format(escape(url), escape(label), escape(below)))  # noqa: S704 (escaped)  # nosec B704


def _html_written(_: str, html: str) -> Markup:
    """`html`: made safe by who composed the letter."""
    return Markup(f"<div>{html}</div>".replace("\n", KEPT_BREAK))  # noqa: S704 (see above)  # nosec B704


def _text_written(text: str, _: str) -> str:
    indented = INDENT.sub(lambda spaces: KEPT_SPACE * len(spaces[0]), text.strip())
    return indented.replace("\n", KEPT_BREAK)


def _text_link(label: str, url: str) -> str:
    return f"{label}:{KEPT_BREAK}{url}"


def _text_line(label: str, url: str, below: str) -> str:
    return f"{label}{KEPT_BREAK}{below}{KEPT_BREAK}{url}"


_HTML: dict[str, Callable[..., Any]] = {
    "button": _html_button,
    "link": _html_link,
    "line": _html_line,
    "written": _html_written,
}
_TEXT: dict[str, Callable[..., Any]] = {
    "button": _text_link,
    "link": _text_link,
    "line": _text_line,
    "written": _text_written,
}
