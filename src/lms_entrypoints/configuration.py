"""Settings as a process is started with them: of its environment, of files, and of Vault."""

import os
from collections.abc import Mapping

import msgspec

from lms_adapters.vault.logins import Login, with_app_role, with_kubernetes, with_token
from lms_adapters.vault.secrets import SecretsAwayError, VaultSecrets
from lms_entrypoints import settings
from lms_entrypoints.settings import Settings, SettingsError
from lms_entrypoints.sources import is_given, read
from lms_entrypoints.vault_settings import VaultSettings


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be known before Vault is asked."""

    environment: str = "development"
    vault: VaultSettings = VaultSettings()


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Raises SettingsError, which names every problem there is."""
    return settings.load(env, kept=kept_in_vault(env))


def has(name: str, env: Mapping[str, str] = os.environ) -> bool:
    return is_given(name, env) or name in kept_in_vault(env)


def kept_in_vault(env: Mapping[str, str] = os.environ) -> dict[str, str]:
    given = _beginning(env)
    if not given.addr:
        return {}
    with vault(given) as opened:
        try:
            return opened.read()
        except SecretsAwayError as error:
            raise SettingsError(str(error)) from None


def _beginning(env: Mapping[str, str]) -> VaultSettings:
    tree, problems = read(Beginning, env)
    found = msgspec.convert(tree, Beginning)
    if problems := [*problems, *found.vault.problems(production=found.environment == "production")]:
        raise SettingsError("; ".join(problems))
    return found.vault


def vault(given: VaultSettings) -> VaultSecrets:
    return VaultSecrets(
        given.addr,
        _login(given),
        mount=given.mount,
        path=given.path,
        namespace=given.namespace,
        authority=given.cacert,
        seconds=given.timeout_seconds,
    )


def _login(given: VaultSettings) -> Login:
    if given.role_id:
        return with_app_role(given.role_id, given.secret_id, mount=given.auth_mount or "approle")
    if given.kubernetes_role:
        mount = given.auth_mount or "kubernetes"
        return with_kubernetes(given.kubernetes_role, token_file=given.kubernetes_token, mount=mount)
    return with_token(given.token)
