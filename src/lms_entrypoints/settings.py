"""Settings: one struct per concern, read from the environment, strict in production."""

import os
from collections.abc import Mapping
from typing import Literal, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

SHORTEST_KEY = 32  # characters
CHEAPEST, DEAREST, STRONG_ENOUGH = 4, 18, 12  # bcrypt costs: its least, minutes per hash, today's advice
DEVELOPMENT_KEY = "development-only-key-that-production-refuses"


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


class SecuritySettings(msgspec.Struct, frozen=True, kw_only=True):
    secret_key: str = DEVELOPMENT_KEY
    bcrypt_rounds: int = 12
    access_minutes: int = 15
    refresh_days: int = 30
    hashing_threads: int = 2


class CatalogSettings(msgspec.Struct, frozen=True, kw_only=True):
    cache_seconds: int = 1


class LogSettings(msgspec.Struct, frozen=True, kw_only=True):
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    environment: Literal["development", "test", "production"] = "development"
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    security: SecuritySettings = SecuritySettings()
    catalog: CatalogSettings = CatalogSettings()
    log: LogSettings = LogSettings()

    def problems(self) -> list[str]:
        found = []
        if len(self.security.secret_key) < SHORTEST_KEY:
            found.append(f"SECURITY_SECRET_KEY must have at least {SHORTEST_KEY} characters")
        if not CHEAPEST <= self.security.bcrypt_rounds <= DEAREST:
            found.append(f"SECURITY_BCRYPT_ROUNDS must be between {CHEAPEST} and {DEAREST}")
        if self.environment == "production":
            if self.security.secret_key == DEVELOPMENT_KEY:
                found.append("SECURITY_SECRET_KEY must be set in production")
            if self.security.bcrypt_rounds < STRONG_ENOUGH:
                found.append(f"SECURITY_BCRYPT_ROUNDS must be at least {STRONG_ENOUGH} in production")
        return found


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
        settings = msgspec.convert(tree, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{error} (settings come from environment variables)") from None
    if problems := settings.problems():
        raise SettingsError("; ".join(problems))
    return settings
