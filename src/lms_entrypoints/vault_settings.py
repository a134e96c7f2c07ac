"""Where HashiCorp Vault is, what is read there, and who reads."""

from typing import Annotated

import msgspec
from msgspec import Meta

from lms_domain.kernel import Secret
from lms_entrypoints.store_settings import is_here, split

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount/token"


class VaultSettings(msgspec.Struct, frozen=True, kw_only=True):
    addr: Annotated[
        str,
        Meta(
            description="`https://vault.example.org:8200`: where other settings are read too, under their names. See "
            "secrets.md."
        ),
    ] = ""
    mount: Annotated[str, Meta(description="The KV engine, version 2.")] = "secret"
    path: Annotated[str, Meta(description="The entry in it.")] = "lms"
    namespace: Annotated[str, Meta(description="Of Vault Enterprise.")] = ""
    cacert: Annotated[str, Meta(description="A file with the certificates that Vault's is signed by.")] = ""
    token: Annotated[Secret, Meta(description="To sign in with a token.")] = Secret("")
    role_id: Annotated[str, Meta(description="To sign in by AppRole.")] = ""
    secret_id: Annotated[Secret, Meta(description="The same.")] = Secret("")
    kubernetes_role: Annotated[str, Meta(description="To sign in by the service account of the pod.")] = ""
    kubernetes_token: Annotated[str, Meta(description="Where that account's token lies.")] = SERVICE_ACCOUNT
    auth_mount: Annotated[
        str, Meta(description="Where the way to sign in is mounted, if not at `approle` or `kubernetes`.")
    ] = ""
    timeout_seconds: Annotated[int, Meta(description="How long one question may take.")] = 5
    refresh_seconds: Annotated[int, Meta(description="How often Vault is read again; 0: at the start alone.")] = 60

    def problems(self, *, production: bool) -> list[str]:
        if not self.addr:
            return []
        found = []
        parts = split(self.addr)
        if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
            found.append("VAULT_ADDR must be an address such as https://vault.example.org:8200")
        elif production and parts.scheme == "http" and not is_here(parts.hostname):
            found.append("VAULT_ADDR must begin with https:// in production")
        if [bool(self.token.reveal()), bool(self.role_id), bool(self.kubernetes_role)].count(True) != 1:
            found.append("VAULT_ADDR wants one of VAULT_TOKEN, VAULT_ROLE_ID and VAULT_KUBERNETES_ROLE")
        if self.timeout_seconds < 1:
            found.append("VAULT_TIMEOUT_SECONDS must be 1 or more")
        if self.refresh_seconds < 0:
            found.append("VAULT_REFRESH_SECONDS must be 0 or more")
        return found
