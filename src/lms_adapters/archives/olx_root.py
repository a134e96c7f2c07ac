"""Finding the course in an OLX archive: its root document, what it points at, and its policy."""

from typing import Any
from xml.etree.ElementTree import Element

from lms_adapters.archives.documents import Documents, DocumentTooLarge
from lms_adapters.archives.limits import Limits
from lms_adapters.archives.olx_blocks import Block, Source
from lms_adapters.archives.olx_text import from_json, line
from lms_adapters.archives.olx_xml import BrokenXml, XmlReader
from lms_adapters.archives.safe import Unpacked
from lms_domain.courses.package import NotACourse

ROOT = "course.xml"


def open_course(files: Unpacked, documents: Documents, limits: Limits) -> tuple[Source, Block, str]:
    """Where blocks come from, the block of the course, and the key that names it for ever. Raises NotACourse."""
    folder = _root_folder(files)
    xml = XmlReader(documents, limits)
    root = _root(xml, folder)
    run = root.get("url_name") or "course"
    source = Source(documents, xml, folder)
    source.policy = _policies(documents, folder, run)
    try:
        course = source.block(root, (), run)
    except (BrokenXml, DocumentTooLarge) as error:
        raise NotACourse(message=f"The document of the course cannot be read: {error}.") from error
    if course.element is root and not len(root):
        raise NotACourse(message=f"The archive does not hold the course that its {ROOT} points at.")
    key = "/".join(line(root.get(part) or "-", 100) for part in ("org", "course"))
    return source, course, f"olx:{key}/{run}"


def _root_folder(files: Unpacked) -> str:
    """`course.xml` that lies least deep; in a course folder of an export there is one more, deeper."""
    found = [name for name in files.names if name.rpartition("/")[2] == ROOT]
    if not found:
        libraries = any(name.rpartition("/")[2] == "library.xml" for name in files.names)
        what = "This is a content library, not a course" if libraries else "This archive holds no course"
        raise NotACourse(message=f"{what}: it has neither a manifest.json of ours nor a {ROOT} of Open edX.")
    return min(found, key=lambda name: (name.count("/"), name)).removesuffix(ROOT)


def _root(xml: XmlReader, folder: str) -> Element:
    try:
        root = xml.root(f"{folder}{ROOT}")
    except (BrokenXml, DocumentTooLarge) as error:
        raise NotACourse(message=f"{ROOT} cannot be read: {error}.") from error
    if root.tag != "course":
        raise NotACourse(message=f"{ROOT} describes no course, but {line(root.tag, 100)!r}.")
    return root


def _policies(documents: Documents, folder: str, run: str) -> dict[str, dict[str, Any]]:
    policy = read_json(documents, f"{folder}policies/{run}/policy.json")
    return {key: value for key, value in policy.items() if isinstance(value, dict)}


def read_json(documents: Documents, member: str) -> dict[str, Any]:
    """Empty where there is no such document, or it holds no JSON object."""
    try:
        value = from_json(documents.text(member)) if member in documents else None
    except DocumentTooLarge:
        return {}
    return value if isinstance(value, dict) else {}
