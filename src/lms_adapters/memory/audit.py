"""The audit trail in memory."""

from collections.abc import Sequence
from dataclasses import replace

from lms_adapters.memory.store import Store
from lms_domain.audit.chain import AuditKeys, chained
from lms_domain.audit.model import Entry, Head, Link
from lms_domain.courses.model import Course
from lms_domain.kernel import Secret

KEYS = AuditKeys(Secret("the key of a trail that nobody keeps"))


class MemoryAudit:
    def __init__(self, store: Store) -> None:
        self.links: dict[int, Link] = store.setdefault("audit", {})
        self._heads: dict[str, Head] = store.setdefault("audit head", {})
        self._courses: dict[object, Course] = store.setdefault(Course, {})

    @property
    def head(self) -> Head:
        return self._heads.get("head", Head())

    def append(self, entries: Sequence[Entry]) -> None:
        if entries:
            links, self._heads["head"] = chained(KEYS, self.head, [self._placed(entry) for entry in entries])
            self.links.update({link.seq: link for link in links})

    def _placed(self, entry: Entry) -> Entry:
        course = self._courses.get(entry.course_id)
        return entry if course is None else replace(entry, organization_id=course.organization_id)
