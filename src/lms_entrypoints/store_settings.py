"""Where the data lies, and what several processes share."""

from ipaddress import ip_address
from typing import Annotated
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Meta

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
GUESSED = frozenset({"", "admin", "changeme", "lms", "password", "postgres", "root", "secret"})  # passwords


class DatabaseSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            description="`postgresql://user:password@host/database`, version 15 or newer. Without it `make run` "
            "starts an embedded PostgreSQL."
        ),
    ] = "postgresql+psycopg://lms@localhost/lms"
    pool_size: Annotated[int, Meta(description="Connections per server process.")] = 10
    statement_timeout_ms: Annotated[int, Meta(description="A statement that takes longer is cancelled.")] = 30_000

    def problems(self, *, production: bool) -> list[str]:
        found = ["DATABASE_POOL_SIZE must be 1 or more"] if self.pool_size < 1 else []
        if not production:
            return found
        parts = urlsplit(self.url)
        password = unquote(parts.password or "")
        if (parts.hostname or "") not in LOCAL and (password in GUESSED or password == parts.username):
            found.append("DATABASE_URL must have a password that nobody guesses in production")
        return found


class RedisSettings(msgspec.Struct, frozen=True, kw_only=True):
    url: Annotated[
        str,
        Meta(
            description="`rediss://:password@host:6379/0`: what several processes share. Required in production, and "
            "with more than one worker. See sessions.md."
        ),
    ] = ""
    allow_plaintext: Annotated[
        bool, Meta(description="Whether `redis://` may lead to another machine in production: in a network of its own.")
    ] = False

    @property
    def kind(self) -> str:
        return "redis" if self.url else "none"

    def problems(self, *, production: bool) -> list[str]:
        if not production:
            return []
        if not self.url:
            return ["REDIS_URL must be set in production"]
        parts = urlsplit(self.url)
        is_near = parts.scheme == "unix" or _is_here(parts.hostname or "")
        if parts.scheme == "rediss" or is_near or self.allow_plaintext:
            return []
        return ["REDIS_URL must begin with rediss:// in production, or REDIS_ALLOW_PLAINTEXT be true"]


def _is_here(host: str) -> bool:
    try:
        return host in LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False
