"""What an OLX archive holds beside the blocks that were read: told as well, so that nothing is lost silently."""

from pathlib import PurePosixPath

from lms_adapters.archives.olx_blocks import Source
from lms_adapters.archives.olx_files import StaticFiles
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import from_json
from lms_adapters.archives.safe import Unpacked

# Folders of an export that hold no blocks.
NO_BLOCKS = {"about", "assets", "course", "drafts", "info", "policies", "static", "tabs"}
TEXTBOOKS = {"html_textbooks", "pdf_textbooks", "textbooks"}
WHOLE = {
    "info": "announcements and handouts of the course are not supported",
    "tabs": "pages beside the course are not supported",
    "drafts": "it is a draft that was never published",
}


EMPTY = {"", "<ol></ol>"}
LONGEST_EMPTY = 100  # bytes; a document that says nothing has fewer


def report_rest(files: Unpacked, source: Source, static: StaticFiles, ledger: Ledger) -> None:
    for member in sorted(files.names):
        if member.startswith(source.root):
            _report(source, PurePosixPath(member.removeprefix(source.root)), ledger)
    for said in source.policy.values():
        for key in TEXTBOOKS & said.keys():
            if said[key]:
                ledger.item("textbook", key, "textbooks are not supported")
    static.report_unused(ledger)


def _report(source: Source, path: PurePosixPath, ledger: Ledger) -> None:
    folder = path.parts[0] if len(path.parts) > 1 else ""
    if folder in WHOLE and not _says_nothing(source, path):
        ledger.item(folder, "/".join(path.parts[1:]), WHOLE[folder])
    elif folder and folder not in NO_BLOCKS and path.suffix == ".xml":
        name = ":".join(path.with_suffix("").parts[1:])
        if (folder, name) not in source.seen:
            ledger.item(folder, name, "nothing in the course refers to it")
    elif path.name == "grading_policy.json":
        ledger.item("policy", path.name, "weights of assignments and grades are not supported yet")


def _says_nothing(source: Source, path: PurePosixPath) -> bool:
    """Exports have some documents even when nobody wrote anything."""
    member = f"{source.root}{path}"
    if source.documents.size(member) > LONGEST_EMPTY:
        return False
    text = source.documents.text(member).strip()
    return text in EMPTY or (path.suffix == ".json" and not from_json(text))
