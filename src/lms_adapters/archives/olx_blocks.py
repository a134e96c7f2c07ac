"""Blocks of an OLX course: an element, or the document it points at, with what the policy says of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from lms_adapters.archives.documents import Documents
from lms_adapters.archives.olx_text import line
from lms_adapters.archives.olx_xml import XmlReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`name` is its url_name; `place` the titles of what it stands in."""

    tag: str
    name: str
    attributes: Mapping[str, str]
    element: Element = field(repr=False)
    place: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return line(self.attributes.get("display_name", ""))

    @property
    def is_empty(self) -> bool:
        return len(self.element) == 0 and not (self.element.text or "").strip()


class Source:
    """Where blocks come from: the documents below the folder of the course."""

    def __init__(self, documents: Documents, xml: XmlReader, root: str) -> None:
        self.documents = documents
        self.xml = xml
        self.root = root
        self.policy: dict[str, dict[str, Any]] = {}
        self.seen: set[tuple[str, str]] = set()

    def block(self, element: Element, place: tuple[str, ...], fallback: str) -> Block:
        """What the element is, or points at. `fallback` names a block that has no name of its own.

        Raises BrokenXml and DocumentTooLarge.
        """
        tag, name = element.tag, line(element.get("url_name", "")) or line(fallback)
        attributes = dict(element.attrib)
        member = f"{self.root}{tag}/{name.replace(':', '/')}.xml"
        if len(element) == 0 and not (element.text or "").strip() and member in self.documents:
            element = self.xml.root(member)
            attributes = dict(element.attrib) | attributes
        said = self.policy.get(f"{tag}/{name}", {})
        attributes |= {key: value for key, value in said.items() if isinstance(value, str)}
        attributes |= {key: str(value).lower() for key, value in said.items() if isinstance(value, bool)}
        return Block(tag=tag, name=name, attributes=attributes, element=element, place=place)

    def is_first(self, block: Block) -> bool:
        """Whether the block is met for the first time: one that stands in itself would never end."""
        key = (block.tag, block.name)
        first = key not in self.seen
        self.seen.add(key)
        return first
