"""Reading the chain again from its beginning: the first entry that is not what was written is named."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from lms_domain.audit.chain import AuditKeys, commitment_of
from lms_domain.audit.model import Entry, Head, Link

NOBODY: Mapping[UUID, int] = {}


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the chain was once, noted outside the database: entry `seq` had this hash."""

    seq: int
    hash: bytes


class BrokenChain(Exception):
    """The message names the entry, and what is wrong with it."""

    def __init__(self, seq: int, what: str) -> None:
        super().__init__(f"Entry {seq}: {what}")
        self.seq = seq


class Verifier:
    """Takes entry after entry; what it keeps does not grow with them."""

    def __init__(self, keys: AuditKeys, anchor: Anchor | None = None, *, erased: Mapping[UUID, int] = NOBODY) -> None:
        """`erased`: people, and the entries that tell it. Those are in the chain as well."""
        self._keys, self._anchor, self._erased = keys, anchor, erased
        self.seq, self.hash = 0, Head().hash

    def take(self, link: Link) -> None:
        expected = self.seq + 1
        if link.seq > expected:
            raise BrokenChain(expected, f"it is missing; the next one there is {link.seq}.")
        if link.seq < expected:
            raise BrokenChain(link.seq, "it was inserted: there is another one with this number, or none can have it.")
        self._must_know(link.key_id, link.seq)
        if not hmac.compare_digest(link.hash, self._keys.hash_of(self.hash, link.seq, link.key_id, link.entry)):
            raise BrokenChain(link.seq, "it, or its place in the chain, is not what was written.")
        self._must_be_committed(link.seq, link.entry)
        if self._anchor and self._anchor.seq == link.seq and self._anchor.hash != link.hash:
            raise BrokenChain(link.seq, "its hash is another one than was noted.")
        self.seq, self.hash = link.seq, link.hash

    def end(self, head: Head, *, rows: int) -> None:
        """`rows`: how many entries there were when the head was read."""
        if self.seq < head.seq:
            raise BrokenChain(self.seq + 1, f"it is missing, and all up to {head.seq}: the newest were removed.")
        if rows != head.seq:
            raise BrokenChain(head.seq + 1, f"the head counts {head.seq} entries and there are {rows}.")
        if head.seq:
            self._must_know(head.key_id, head.seq)
        if head.hash != self.hash or (head.seq and not self._is_sealed(head)):
            raise BrokenChain(
                head.seq, "the head was altered, or entries after this one were removed together with it."
            )
        if self._anchor and head.seq < self._anchor.seq:
            raise BrokenChain(head.seq + 1, f"it is missing: entry {self._anchor.seq} was noted once.")

    def _must_be_committed(self, seq: int, entry: Entry) -> None:
        if entry.commitment is None:
            return
        if entry.salt is None:
            if not any(seq <= self._erased.get(person, 0) for person in entry.people):
                raise BrokenChain(seq, "from where it came was removed, and nobody whom it is about was erased.")
        elif not hmac.compare_digest(commitment_of(entry), entry.commitment):
            raise BrokenChain(seq, "from where it came is not what was written.")

    def _must_know(self, key_id: str, seq: int) -> None:
        if key_id not in self._keys:
            raise BrokenChain(seq, f"its key {key_id!r} is not known: name it in AUDIT_OTHER_KEYS, or it was forged.")

    def _is_sealed(self, head: Head) -> bool:
        return hmac.compare_digest(head.seal, self._keys.seal_of(head.seq, head.key_id, head.hash))
