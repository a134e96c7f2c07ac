"""The chain: each entry is hashed together with the hash before it, under a key that is not in the database."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lms_domain.audit.model import Entry, Head, Link
from lms_domain.kernel import Secret

VERSION = "lms-audit-1"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MAY_GO = ("ip", "request_id", "note")  # with the person
NEVER_SPELLED = {"note", "salt", "commitment"}
NAMES = tuple(field.name for field in fields(Entry) if field.name not in NEVER_SPELLED)
SALT = 16  # bytes


class AuditKeys:
    """The first one seals, all of them verify. Entries name theirs by the beginning of its digest."""

    def __init__(self, sealing: Secret, others: Sequence[Secret] = ()) -> None:
        keys = [key.reveal().encode() for key in (sealing, *others)]
        self._keys = {_name_of(key): key for key in keys}
        self.current = _name_of(keys[0])

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    def mac(self, key_id: str, purpose: bytes, content: bytes) -> bytes:
        return hmac.digest(self._keys[key_id], VERSION.encode() + b"\0" + purpose + b"\0" + content, "sha256")

    def hash_of(self, previous: bytes, seq: int, key_id: str, entry: Entry) -> bytes:
        return self.mac(key_id, b"entry", previous + encoded(seq, key_id, entry))

    def seal_of(self, seq: int, key_id: str, last: bytes) -> bytes:
        return self.mac(key_id, b"head", seq.to_bytes(8, "big") + last)


def chained(keys: AuditKeys, head: Head, entries: Sequence[Entry]) -> tuple[list[Link], Head]:
    """The entries as they follow the head, and the head after them."""
    links: list[Link] = []
    last, key_id = head.hash, keys.current
    for seq, entry in enumerate(map(committed, entries), head.seq + 1):
        last = keys.hash_of(last, seq, key_id, entry)
        links.append(Link(seq=seq, entry=entry, key_id=key_id, hash=last))
    seq = head.seq + len(links)
    return links, Head(seq=seq, hash=last, key_id=key_id, seal=keys.seal_of(seq, key_id, last))


def committed(entry: Entry) -> Entry:
    salted = replace(entry, salt=secrets.token_bytes(SALT))
    return replace(salted, commitment=commitment_of(salted))


def commitment_of(entry: Entry) -> bytes:
    values = [(entry.salt or b"").hex(), *(getattr(entry, name) for name in MAY_GO)]
    return hashlib.sha256(_spelled(values)).digest()


def encoded(seq: int, key_id: str, entry: Entry) -> bytes:
    """Every field in its order: two different entries are never spelled alike.

    The first entries of older trails have no commitment, and are spelled with all they say.
    """
    if entry.commitment is None:
        return _spelled([seq, key_id, *(_plain(getattr(entry, name)) for name in NAMES)])
    kept = [_plain(getattr(entry, name)) for name in NAMES if name not in MAY_GO]
    return _spelled([seq, key_id, entry.commitment.hex(), *kept])


def _spelled(values: Sequence[Any]) -> bytes:
    """JSON of ASCII without spaces."""
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value - EPOCH) // timedelta(microseconds=1)  # exactly what PostgreSQL keeps
    return str(value) if isinstance(value, UUID) else value


def _name_of(key: bytes) -> str:
    return hashlib.sha256(b"name of an audit key\0" + key).hexdigest()[:16]
