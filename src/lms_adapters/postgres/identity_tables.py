"""The tables of identity and organizations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from lms_adapters.postgres.base import metadata

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("email", Text, nullable=False),  # case-folded
    Column("full_name", Text, nullable=False),
    Column("roles", JSONB, nullable=False),
    Column("locale", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("bio", Text, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("email_verified_at", DateTime(timezone=True)),
    Column("email_refused_at", DateTime(timezone=True)),
    Column("email_refusal", Text, nullable=False, server_default=""),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("last_login_at", DateTime(timezone=True)),
    Column("erased_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("email"),
    Index("ix_users_metadata", "metadata", postgresql_using="gin", postgresql_ops={"metadata": "jsonb_path_ops"}),
)

# Apart from the person, so that no read of a person can show it.
credentials = Table(
    "credentials",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("password_hash", Text, nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    Column("auth_version", Integer, nullable=False),  # access tokens of an older one are void
    Column("outdated_at", DateTime(timezone=True)),  # when it last rose
    Index("ix_credentials_outdated_at", "outdated_at", postgresql_where=text("outdated_at is not null")),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("refresh_digest", LargeBinary, nullable=False),  # SHA-256: the token itself is never stored
    Column("previous_digest", LargeBinary),
    Column("rotated_at", DateTime(timezone=True)),
    Column("user_agent", Text, nullable=False),
    Column("ip", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("acting_admin_id", Uuid),
    Column("second_factor_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("ended_because", String(32)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("refresh_digest"),
    Index(None, "user_id", "last_used_at"),
    Index("ix_sessions_revoked_at", "revoked_at", postgresql_where=text("revoked_at is not null")),
)

# Refresh tokens that were used: whoever comes with one of these again was robbed, or is the robber.
spent_refresh_tokens = Table(
    "spent_refresh_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("session_id", Uuid, ForeignKey("sessions.id"), nullable=False),
    Index(None, "session_id"),
)

# Every attempt, also the refused. The address that was tried is not kept: it may be nobody's, or somebody's password.
sign_ins = Table(
    "sign_ins",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id")),
    Column("outcome", String(32), nullable=False),
    Column("ip", Text),
    Column("user_agent", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Index(None, "user_id", "at", postgresql_where=text("user_id is not null")),
    Index(None, "at"),
)

# The token of a link is made from the id with a key that is not here: these rows open nothing.
tickets = Table(
    "tickets",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("email", Text, nullable=False),
    Column("change_id", Uuid),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "user_id", "purpose", "created_at"),
    Index("ix_tickets_change_id", "change_id", postgresql_where=text("change_id is not null")),
)

totps = Table(
    "totps",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("box", LargeBinary, nullable=False),  # the secret, encrypted
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("confirmed_at", DateTime(timezone=True)),
    Column("last_step", BigInteger),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of 80 random bits
    Column("used_at", DateTime(timezone=True)),
)

mfa_challenges = Table(
    "mfa_challenges",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("auth_version", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    Index(None, "user_id"),
    Index(None, "expires_at"),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),  # COSE, RFC 9052 §7
    Column("sign_count", BigInteger, nullable=False),  # 32 bits, without a sign
    Column("transports", JSONB, nullable=False),
    Column("aaguid", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("can_be_backed_up", Boolean, nullable=False),
    Column("is_backed_up", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("credential_id"),
    Index(None, "user_id", "created_at"),
)

# Options that were answered. Of those that were not, nothing is kept: their challenge says what they are for.
spent_passkey_options = Table(
    "spent_passkey_options",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index(None, "expires_at"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SHA-256: the token itself is never stored
    Column("scopes", JSONB, nullable=False),
    Column("networks", JSONB, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Column("revoked_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    UniqueConstraint("digest"),
    Index(None, "user_id", "created_at"),
    Index("ix_api_tokens_revoked_at", "revoked_at", postgresql_where=text("revoked_at is not null")),
)

erasures = Table(
    "erasures",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), nullable=False),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Column("by", String(16), nullable=False),
    Column("removed", JSONB, nullable=False),
    UniqueConstraint("user_id"),
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    Column("metadata", JSONB, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("slug"),
    Index("uq_organizations_is_default", "is_default", unique=True, postgresql_where="is_default"),
)

organization_policies = Table(
    "organization_policies",
    metadata,
    Column("organization_id", Uuid, ForeignKey("organizations.id"), primary_key=True),
    Column("mfa", String(16), nullable=False),
    Column("mfa_grace_days", Integer, nullable=False),
    Column("mfa_since", DateTime(timezone=True)),
    Column("email_domains", JSONB, nullable=False),
    Column("session_idle_minutes", Integer),
    Column("session_minutes", Integer),
    Column("password_score", Integer),
    Column("staff_networks", JSONB, nullable=False),
    Column("updated_at", DateTime(timezone=True)),
    Column("updated_by", Uuid),
    Column("version", Integer, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("organization_id", Uuid, ForeignKey("organizations.id"), primary_key=True),
    Column("user_id", Uuid, ForeignKey("users.id"), primary_key=True),
    Column("role", String(16), nullable=False),
    Column("added_by", Uuid),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("accepted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
    CheckConstraint("role in ('admin', 'instructor', 'student')", name="role"),
    Index(None, "user_id"),
)
# Who belongs. Whatever gives rights or asks for something reads these, and never the table: a test looks.
MEMBERS = "(select * from memberships where accepted_at is not null)"
members = select(memberships).where(memberships.c.accepted_at.is_not(None)).subquery("members")
