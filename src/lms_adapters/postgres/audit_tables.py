"""The tables of the audit trail. Triggers refuse whatever would change or remove an entry: see the migration."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from lms_adapters.postgres.base import metadata

# No foreign keys to what it tells of: an entry stays true when that is gone.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("action", Text, nullable=False),
    Column("target_kind", Text, nullable=False),
    Column("target_id", Uuid, nullable=False),
    Column("organization_id", Uuid),
    Column("course_id", Uuid),
    Column("before", Text, nullable=False),  # JSON as it was sealed, to the letter
    Column("after", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("operator", Text),
    Column("actor_id", Uuid),
    Column("acting_for_id", Uuid),
    Column("request_id", Text),
    Column("ip", Text),
    Column("session_id", Uuid),
    Column("api_token_id", Uuid),
    Column("commitment", LargeBinary),
    Column("key_id", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index(None, "at"),
    Index(None, "actor_id", "seq"),
    Index(None, "target_id", "seq"),
    Index(None, "organization_id", "seq"),
    Index(None, "course_id", "seq"),
    Index(None, "action", "seq"),
    Index(None, "request_id"),
    Index(None, "ip", "seq"),
    Index(None, "session_id"),
)

# What goes with a person who is erased; the entry has a digest of it. `ip` and `request_id` of an entry are in it, but
# for the first entries of older trails.
audit_details = Table(
    "audit_details",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("ip", Text),
    Column("request_id", Text),
    Column("note", Text, nullable=False),
    Index(None, "ip", "seq"),
    Index(None, "request_id"),
)

# One row: it is locked to add to the chain, and says where the chain ends.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="only_one"),
)
