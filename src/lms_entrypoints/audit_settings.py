"""What the audit trail is sealed with."""

import hmac
from typing import Annotated

import msgspec
from msgspec import Meta

from lms_domain.audit.chain import AuditKeys
from lms_domain.kernel import Secret
from lms_entrypoints.weak_keys import is_weak

SHORTEST = 32  # characters


class AuditSettings(msgspec.Struct, frozen=True, kw_only=True):
    """`other_keys`: older ones, with commas between."""

    key: Annotated[
        Secret,
        Meta(
            description="Seals the audit trail; 32 characters or more. Without it a key made of "
            "`SECURITY_SECRET_KEY`. See audit.md."
        ),
    ] = Secret("")
    other_keys: Annotated[Secret, Meta(description="Older ones, with commas between.")] = Secret("")

    def keys(self, secret_key: str) -> AuditKeys:
        """Without a key of its own, one that is made of the server's secret; what that has sealed stays good."""
        made = Secret(hmac.digest(secret_key.encode(), b"audit trail", "sha256").hex())
        older = [Secret(each.strip()) for each in self.other_keys.reveal().split(",") if each.strip()]
        return AuditKeys(self.key if self.key.reveal() else made, [*older, made])

    def problems(self, *, refused: str | None) -> list[str]:
        found = []
        if self.key.reveal() and len(self.key.reveal()) < SHORTEST:
            found.append(f"AUDIT_KEY must have at least {SHORTEST} characters")
        if refused is not None and self.key.reveal() == refused:
            found.append("AUDIT_KEY must not be the development key in production")
        elif refused is not None and self.key.reveal() and is_weak(self.key.reveal()):
            found.append("AUDIT_KEY must be random in production")
        return found
