"""Open edX courses (OLX) as an export has them: what can be represented is taken, the rest is told item by item.

Odd content never fails: only an archive without the root of a course does.
"""

from collections.abc import Iterator

from lms_adapters.archives.documents import Documents
from lms_adapters.archives.limits import Limits
from lms_adapters.archives.markup import Markup
from lms_adapters.archives.olx_about import AboutReader, language_of, settings
from lms_adapters.archives.olx_files import StaticFiles
from lms_adapters.archives.olx_html import HtmlReader
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_links import Links
from lms_adapters.archives.olx_problems import ProblemReader
from lms_adapters.archives.olx_rest import report_rest
from lms_adapters.archives.olx_root import open_course, read_json
from lms_adapters.archives.olx_tree import Chapter, Tree
from lms_adapters.archives.olx_units import UnitReader
from lms_adapters.archives.olx_video import VideoReader
from lms_adapters.archives.safe import Unpacked
from lms_domain.courses.package import CoursePackage, PackedLesson, PackedSection, Progress

FORMAT = "olx"
OPTIONAL_QUIZZES = (
    "Taken as optional lessons: all quizzes ({count}, with {problems} problems). Nobody can pass a quiz yet, and a"
    " course cannot require what nobody can do."
)


def read_olx(
    files: Unpacked, markup: Markup, limits: Limits, progress: Progress
) -> tuple[CoursePackage, dict[str, str]]:
    """The package, and the member that holds each asset. Raises NotACourse, ArchiveNotReadable, ArchiveTooLarge."""
    documents = Documents(files, limits)
    source, course, key = open_course(files, documents, limits)
    ledger = Ledger()
    static = StaticFiles(files, f"{source.root}static/", read_json(documents, f"{source.root}policies/assets.json"))
    page = AboutReader(source, static, HtmlReader(markup, static, ledger), markup, ledger).page(course)
    links = Links(ledger)
    html = HtmlReader(markup, static, ledger, links)
    videos = VideoReader(documents, static, ledger, language_of(course))
    reader = UnitReader(source, html, ProblemReader(html, ledger), videos, ledger)
    sections = links.resolved(tuple(_sections(Tree(source, ledger).chapters(course), reader, links, progress)))
    report_rest(files, source, static, ledger)
    package = CoursePackage(
        format=FORMAT,
        key=key,
        page=page,
        settings=settings(course),
        sections=sections,
        assets=tuple(static.assets(progress)),
        omissions=tuple(ledger.omissions),
        notices=tuple(_notices(sections)),
    )
    return package, dict(static.taken)


def _sections(chapters: list[Chapter], reader: UnitReader, links: Links, progress: Progress) -> Iterator[PackedSection]:
    total, done = sum(len(chapter.units) for chapter in chapters), 0
    for chapter in chapters:
        lessons: list[PackedLesson] = []
        for unit in chapter.units:
            taken = list(reader.lessons(unit))
            links.lead_to(unit, taken)
            lessons += taken
            done += 1
            progress(done, total, "Reading lessons")
        title = chapter.block.title or chapter.block.name
        yield PackedSection(key=f"chapter/{chapter.block.name}", title=title, lessons=tuple(lessons))


def _notices(sections: tuple[PackedSection, ...]) -> Iterator[str]:
    quizzes = [lesson for section in sections for lesson in section.lessons if lesson.kind == "quiz"]
    if quizzes:
        problems = sum(len(quiz.content["problems"]) for quiz in quizzes)
        yield OPTIONAL_QUIZZES.format(count=len(quizzes), problems=problems)
