"""Settings: one struct per concern, read from the environment, strict in production."""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Literal, TypeVar

import msgspec

from lms_domain.kernel import Secret
from lms_entrypoints.audit_settings import AuditSettings
from lms_entrypoints.mail_settings import MailSettings
from lms_entrypoints.token_settings import TokenSettings

S = TypeVar("S", bound=msgspec.Struct)

SHORTEST_KEY = 32  # characters
CHEAPEST, DEAREST, STRONG_ENOUGH = 4, 18, 12  # bcrypt costs: its least, minutes per hash, today's advice
BEST_SCORE = 4  # of zxcvbn
DEVELOPMENT_KEY = "development-only-key-that-production-refuses"
RATE = re.compile(r"off|([1-9]\d{0,8})/([1-9]\d{0,4})")  # requests, seconds


class SettingsError(ValueError):
    """The environment cannot be run with; the message names every problem."""


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: str = "postgresql+psycopg://lms@localhost/lms"
    pool_size: int = 10
    statement_timeout_ms: int = 30_000


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    max_body_mb: int = 10
    max_upload_mb: int = 512
    trusted_proxies: str = ""

    def unreadable_proxies(self) -> list[str]:
        return [each for each in map(str.strip, self.trusted_proxies.split(",")) if each and not _is_network(each)]


class SecuritySettings(msgspec.Struct, frozen=True, kw_only=True):
    secret_key: str = DEVELOPMENT_KEY
    bcrypt_rounds: int = 12
    access_minutes: int = 15
    refresh_days: int = 30
    hashing_threads: int = 2
    password_score: int = 2
    verified_email_only: bool = False


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: str = ""

    @property
    def kind(self) -> str:
        return "redis" if self.url else "none"


class LimitSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Requests and seconds, as in 300/60; `off` for no limit."""

    general: str = "60000/60"
    sign_in: str = "300/60"
    registration: str = "600/60"
    recovery: str = "300/60"
    upload: str = "60/60"
    search: str = "6000/60"

    def wrong(self) -> list[str]:
        names = self.__struct_fields__
        return [name for name in names if not RATE.fullmatch(getattr(self, name))]


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True):
    cache_seconds: int = 1


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    environment: Literal["development", "test", "production"] = "development"
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    tokens: TokenSettings = TokenSettings()
    audit: AuditSettings = AuditSettings()
    redis: RedisSettings = RedisSettings()
    limits: LimitSettings = LimitSettings()
    catalog: CatalogSettings = CatalogSettings()
    mail: MailSettings = MailSettings()
    log: LogSettings = LogSettings()

    def problems(self) -> list[str]:
        found = self.tokens.problems(refused=DEVELOPMENT_KEY if self.environment == "production" else "")
        found += self.audit.problems(refused=DEVELOPMENT_KEY if self.environment == "production" else None)
        if len(self.security.secret_key) < SHORTEST_KEY:
            found.append(f"SECURITY_SECRET_KEY must have at least {SHORTEST_KEY} characters")
        if not CHEAPEST <= self.security.bcrypt_rounds <= DEAREST:
            found.append(f"SECURITY_BCRYPT_ROUNDS must be between {CHEAPEST} and {DEAREST}")
        found += [
            f"LIMITS_{name.upper()} must be requests/seconds, as in 300/60, or off" for name in self.limits.wrong()
        ]
        found += [f"SERVER_TRUSTED_PROXIES: {each} is no network" for each in self.server.unreadable_proxies()]
        if not 0 <= self.security.password_score <= BEST_SCORE:
            found.append(f"SECURITY_PASSWORD_SCORE must be between 0 and {BEST_SCORE}")
        found += self.mail.problems(production=self.environment == "production")
        if self.server.workers > 1 and not self.redis.url:
            found.append("SERVER_WORKERS above 1 needs REDIS_URL: all of them must know who has signed out")
        if self.environment == "production":
            if not self.redis.url:
                found.append("REDIS_URL must be set in production")
            if self.security.secret_key == DEVELOPMENT_KEY:
                found.append("SECURITY_SECRET_KEY must be set in production")
            if self.security.bcrypt_rounds < STRONG_ENOUGH:
                found.append(f"SECURITY_BCRYPT_ROUNDS must be at least {STRONG_ENOUGH} in production")
        return found


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _hidden(kind: type[Any], value: Any) -> Any:
    if kind is not Secret:
        raise NotImplementedError
    return Secret(value)


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """DATABASE_POOL_SIZE=9 becomes settings.database.pool_size == 9."""
    tree: dict[str, object] = {}
    for field in msgspec.structs.fields(Settings):
        name = field.name.upper()
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            tree[field.name] = {
                f.name: env[key]
                for f in msgspec.structs.fields(field.type)
                if (key := f"{name}_{f.name.upper()}") in env
            }
        elif name in env:
            tree[field.name] = env[name]
    try:
        settings = msgspec.convert(tree, Settings, strict=False, dec_hook=_hidden)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{error} (settings come from environment variables)") from None
    if problems := settings.problems():
        raise SettingsError("; ".join(problems))
    return settings
