"""What an OLX archive holds beside the blocks that were read: told as well, so that nothing is lost silently."""

from pathlib import PurePosixPath

from lms_adapters.archives.olx_blocks import Source
from lms_adapters.archives.olx_files import StaticFiles
from lms_adapters.archives.olx_ledger import Ledger
from lms_adapters.archives.olx_text import from_json
from lms_adapters.archives.safe import Unpacked

# Folders of an export that hold no blocks.
NO_BLOCKS = {"about", "assets", "course", "drafts", "info", "policies", "static", "tabs"}
WHOLE = {
    "info": "announcements and handouts of the course are not supported",
    "tabs": "pages beside the course are not supported",
    "drafts": "it is a draft that was never published",
}


def report_rest(files: Unpacked, source: Source, static: StaticFiles, ledger: Ledger) -> None:
    for member in sorted(files.names):
        path = PurePosixPath(member.removeprefix(source.root))
        if not member.startswith(source.root) or len(path.parts) < 2:
            continue
        folder, name = path.parts[0], path.stem
        if folder in WHOLE:
            if files.size(member) and not _says_nothing(source, member):
                ledger.item(folder, "/".join(path.parts[1:]), WHOLE[folder])
        elif folder not in NO_BLOCKS and path.suffix == ".xml":
            key = ":".join(path.with_suffix("").parts[1:])
            if (folder, key) not in source.seen:
                ledger.item(folder, name, "nothing in the course refers to it")
        elif path.name == "grading_policy.json":
            ledger.item("policy", path.name, "weights of assignments and grades are not supported yet")
    for key in ("pdf_textbooks", "textbooks", "html_textbooks"):
        for said in source.policy.values():
            if said.get(key):
                ledger.item("textbook", key, "textbooks are not supported")
    static.report_unused(ledger)


def _says_nothing(source: Source, member: str) -> bool:
    """Exports have these documents even when nobody wrote anything."""
    if source.documents.size(member) > 100:
        return False
    text = source.documents.text(member).strip()
    return text in {"", "<ol></ol>"} or (member.endswith(".json") and not from_json(text))
