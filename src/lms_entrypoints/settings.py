"""Settings: one struct per concern, read from the environment, strict in production."""

import os
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lms_entrypoints import faults, sources
from lms_entrypoints.audit_settings import AuditSettings
from lms_entrypoints.limit_settings import LimitSettings
from lms_entrypoints.mail_settings import MailSettings
from lms_entrypoints.passkey_settings import PasskeySettings
from lms_entrypoints.security_settings import DEVELOPMENT_KEY, SecuritySettings
from lms_entrypoints.server_settings import ServerSettings
from lms_entrypoints.store_settings import DatabaseSettings, RedisSettings
from lms_entrypoints.task_settings import MetricsSettings, TaskSettings
from lms_entrypoints.token_settings import TokenSettings
from lms_entrypoints.vault_settings import VaultSettings
from lms_entrypoints.webhook_settings import WebhookSettings

USUAL_PORT = 80  # which addresses leave out


class SettingsError(ValueError):
    """The environment cannot be run with; the message names every problem."""


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True):
    cache_seconds: Annotated[
        int,
        Meta(
            description="How old a page of the catalog may be for who is not signed in, when another process made the"
            " change; 0: never."
        ),
    ] = 1


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Meta(description="Logs are JSON lines on standard error, warnings of libraries too."),
    ] = "info"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    environment: Annotated[
        Literal["development", "test", "production"],
        Meta(
            description="In production the service refuses to start with development values, and names all of them at"
            " once."
        ),
    ] = "development"
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    tokens: TokenSettings = TokenSettings()
    passkeys: PasskeySettings = PasskeySettings()
    audit: AuditSettings = AuditSettings()
    redis: RedisSettings = RedisSettings()
    tasks: TaskSettings = TaskSettings()
    metrics: MetricsSettings = MetricsSettings()
    limits: LimitSettings = LimitSettings()
    catalog: CatalogSettings = CatalogSettings()
    mail: MailSettings = MailSettings()
    webhooks: WebhookSettings = WebhookSettings()
    log: LogSettings = LogSettings()
    vault: VaultSettings = VaultSettings()

    @property
    def shows_docs(self) -> bool:
        return self.server.shows_docs(production=self.is_production)

    @property
    def hsts_seconds(self) -> int:
        return self.server.secured_seconds(production=self.is_production)

    @property
    def shows_mailbox(self) -> bool:
        return self.environment == "development" and self.mail.kind == "folder"

    @property
    def runs_tasks_inline(self) -> bool:
        return not self.is_production if self.tasks.force_inline is None else self.tasks.force_inline

    @property
    def lets_in_verified_only(self) -> bool:
        chosen = self.security.verified_email_only
        return self.is_production if chosen is None else chosen

    @property
    def carrier_kind(self) -> str:
        return "inline" if self.runs_tasks_inline else "redis"

    @property
    def carrier_url(self) -> str:
        """Of the Redis that tasks travel over."""
        return self.tasks.redis_url or self.redis.url

    @property
    def allows_private_webhooks(self) -> bool:
        return self.webhooks.allows_private(production=self.is_production)

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    def problems(self) -> list[str]:
        live = self.is_production
        refused = DEVELOPMENT_KEY if live else None
        found = [
            *self.database.problems(production=live),
            *self.redis.problems(production=live),
            *self.server.problems(production=live),
            *self.security.problems(production=live),
            *self.tokens.problems(refused=refused or ""),
            *self.passkeys.problems(production=live),
            *self.audit.problems(refused=refused),
            *self.tasks.problems(redis=self.redis, production=live),
            *self.metrics.problems(production=live),
            *self.limits.problems(),
            *self.mail.problems(production=live),
            *self.vault.problems(production=live),
        ]
        if self.server.workers > 1 and not self.redis.url:
            found.append("SERVER_WORKERS above 1 needs REDIS_URL: all of them must know who has signed out")
        if live and self.database.url == DatabaseSettings().url:
            found.append("DATABASE_URL must be set in production")
        if live and self.log.level == "debug":
            found.append("LOG_LEVEL must not be debug in production")
        return found


def load(env: Mapping[str, str] = os.environ, kept: Mapping[str, str] = sources.NOTHING) -> Settings:
    """DATABASE_POOL_SIZE=9 becomes settings.database.pool_size == 9. All problems are named at once.

    `kept`: settings that lie in Vault, see `configuration`.
    """
    tree, problems = sources.read(Settings, env, kept)
    settings = msgspec.convert(_leading_here(tree), Settings)
    if settings.is_production and faults.VARIABLE in env:
        problems.append(f"{faults.VARIABLE} must not be set in production: it is for tests, which kill the process")
    if problems := [*problems, *settings.problems()]:
        raise SettingsError("; ".join(problems))
    return settings


def _leading_here(tree: dict[str, Any]) -> dict[str, Any]:
    """Where nothing else is said, letters and passkeys are of this machine, at the port that is served."""
    port = tree.get("server", {}).get("port", ServerSettings().port)
    colon = "" if port == USUAL_PORT else f":{port}"
    links, origins = {"links": f"http://127.0.0.1{colon}"}, {"origins": f"http://localhost{colon}"}
    return tree | {"mail": links | tree.get("mail", {}), "passkeys": origins | tree.get("passkeys", {})}


__all__ = [
    "DEVELOPMENT_KEY",
    "DatabaseSettings",
    "LimitSettings",
    "RedisSettings",
    "SecuritySettings",
    "ServerSettings",
    "Settings",
    "SettingsError",
    "load",
]
