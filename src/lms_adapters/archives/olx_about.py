"""What describes an OLX course: its own fields and the texts in `about/`."""

import re
from typing import Any

from lms_adapters.archives.documents import DocumentTooLarge
from lms_adapters.archives.markup import Markup
from lms_adapters.archives.olx_blocks import Block, Source
from lms_adapters.archives.olx_files import StaticFiles, is_active
from lms_adapters.archives.olx_html import HtmlReader
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import is_language, line, texts_in

LONGEST_SUMMARY = 500
LONGEST_DESCRIPTION = 100_000
DATES = ("start", "end", "enrollment_start", "enrollment_end")


class AboutReader:
    def __init__(self, source: Source, files: StaticFiles, html: HtmlReader, markup: Markup, ledger: Ledger) -> None:
        self._source = source
        self._files = files
        self._html = html
        self._markup = markup
        self._ledger = ledger

    def page(self, course: Block) -> dict[str, Any]:
        page: dict[str, Any] = {
            "title": course.title or self._plain("title", course) or line(course.name),
            "summary": line(self._plain("short_description", course), LONGEST_SUMMARY),
            "description": self._description(course),
            "language": language_of(course),
        }
        if thumbnail := self._thumbnail(course):
            page["thumbnail"] = thumbnail
        said = self._source.policy.get(f"course/{course.name}", {}).get("learning_info")
        if objectives := [line(text, 300) for text in texts_in(said) if text.strip()]:
            page["objectives"] = objectives[:50]
        return page

    def _description(self, course: Block) -> str:
        """HTML within Markdown: one block of it, which ends at the first empty line (CommonMark §4.6)."""
        html = self._html.read(self._about("overview", course), course)
        if not html:
            return ""
        description = "<div>\n" + re.sub(r"\s*\n\s*", "\n", html) + "\n</div>"
        if len(description) <= LONGEST_DESCRIPTION:
            return description
        self._ledger.item("about", "overview", f"it is longer than {LONGEST_DESCRIPTION} characters")
        return ""

    def _thumbnail(self, course: Block) -> str | None:
        for name in dict.fromkeys((course.attributes.get("course_image"), course.element.get("course_image"))):
            member = self._files.find(name) if name else None
            if member and not is_active(member):
                return f"asset:{self._files.take(member)}"
            if name:
                self._ledger.item("course image", line(name), "the archive does not hold it")
        return None

    def _plain(self, name: str, course: Block) -> str:
        return self._markup.plain_text(self._about(name, course))

    def _about(self, name: str, course: Block) -> str:
        for member in (f"{self._source.root}about/{name}.html", f"{self._source.root}about/{course.name}/{name}.html"):
            if member in self._source.documents:
                try:
                    return self._source.documents.text(member)
                except DocumentTooLarge as error:
                    self._ledger.item("about", name, f"it is {error}")
        return ""


def language_of(course: Block) -> str:
    language = course.attributes.get("language", "").replace("_", "-")
    return language if is_language(language) else "en"


def settings(course: Block) -> dict[str, Any]:
    """Dates take no effect here; they are kept for authors, as they were written."""
    dates = {name: line(course.attributes[name].strip('"'), 100) for name in DATES if course.attributes.get(name)}
    return {"metadata": {"imported_from": "Open edX", **dates}}
