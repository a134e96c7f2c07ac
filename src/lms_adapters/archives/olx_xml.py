"""XML of an archive: no document type, no entity, nothing from outside, bounded in depth and number of elements."""

from collections.abc import Mapping
from xml.etree.ElementTree import Element, ParseError, TreeBuilder  # parsing itself is defusedxml's

from defusedxml.common import DefusedXmlException  # type: ignore[import-untyped]
from defusedxml.ElementTree import DefusedXMLParser  # type: ignore[import-untyped]

from lms_adapters.archives.documents import Documents
from lms_adapters.archives.limits import Limits
from lms_domain.courses.package import ArchiveTooLarge


class BrokenXml(ValueError):
    """One document cannot be read; the message says why."""


class _Bounded(TreeBuilder):
    def __init__(self, reader: "XmlReader") -> None:
        super().__init__()
        self._reader = reader
        self._depth = 0

    def start(self, tag: str, attrs: Mapping[str, str], /) -> Element:
        self._depth += 1
        self._reader.count(self._depth)
        return super().start(tag, dict(attrs))

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


class XmlReader:
    def __init__(self, documents: Documents, limits: Limits) -> None:
        self._documents = documents
        self._limits = limits
        self._elements = 0

    def root(self, name: str) -> Element:
        """Raises BrokenXml, and ArchiveTooLarge once all documents together have too many elements."""
        return self.parse(self._documents.bytes(name))

    def parse(self, data: bytes) -> Element:
        parser = DefusedXMLParser(target=_Bounded(self), forbid_dtd=True)
        try:
            parser.feed(data)
            root = parser.close()
        except DefusedXmlException as error:
            raise BrokenXml("its XML declares a document type or entities, which is refused") from error
        except (ParseError, LookupError) as error:
            raise BrokenXml(f"its XML is broken: {error}") from error
        if not isinstance(root, Element):
            raise BrokenXml("it is empty")
        return root

    def count(self, depth: int) -> None:
        self._elements += 1
        if depth > self._limits.depth:
            raise BrokenXml(f"its XML is nested more than {self._limits.depth} deep")
        if self._elements > self._limits.elements:
            raise ArchiveTooLarge(message=f"The course has more than {self._limits.elements} XML elements.")
