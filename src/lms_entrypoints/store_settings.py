"""Where the data lies, and what several processes share."""

from ipaddress import ip_address
from typing import Annotated, ClassVar
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from msgspec import Meta

from lms_entrypoints.discreet import Discreet
from lms_entrypoints.weak_keys import guesses, is_placeholder

LOCAL = frozenset({"", "localhost", "127.0.0.1", "::1"})
GUESSED = ("admin", "lms", "postgres", "root")  # what is tried first, beside placeholders
FEWEST_GUESSES = 6  # a power of ten, as zxcvbn has it for score 2


DRIVERS = frozenset({"postgresql", "postgresql+psycopg"})
ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})  # of libpq's sslmode
SCHEMES = frozenset({"redis", "rediss", "unix"})


class DatabaseSettings(Discreet, frozen=True, kw_only=True):
    hidden: ClassVar = frozenset({"url"})

    url: Annotated[
        str,
        Meta(
            description="`postgresql://user:password@host/database`, version 15 or newer. Without it `make run` "
            "starts an embedded PostgreSQL. In production its password must be none that is guessed, on this "
            "machine too; there it may have none, and the server decides whom it believes."
        ),
    ] = "postgresql+psycopg://lms@localhost/lms"
    allow_plaintext: Annotated[
        bool,
        Meta(
            description="Whether `DATABASE_URL` may lead to another machine without TLS in production: in a network of"
            " its own. Else it has to say `?sslmode=verify-full` (or `verify-ca`, `require`)."
        ),
    ] = False
    pool_size: Annotated[
        int, Meta(description="Connections per server process. A worker has as many as it does tasks at once.")
    ] = 10
    statement_timeout_ms: Annotated[int, Meta(description="A statement that takes longer is cancelled.")] = 30_000

    def problems(self, *, production: bool) -> list[str]:
        found = ["DATABASE_POOL_SIZE must be 1 or more"] if self.pool_size < 1 else []
        parts = split(self.url)
        if parts is None or parts.scheme not in DRIVERS:
            found.append("DATABASE_URL must be an address such as postgresql://user:password@host/database")
        elif production:
            found += self._wrong_in_production(parts)
        return found

    def _wrong_in_production(self, parts: SplitResult) -> list[str]:
        found = []
        if _is_guessed(parts):
            found.append("DATABASE_URL must have a password that nobody guesses in production")
        if not (self.allow_plaintext or _is_encrypted(parts)):
            found.append("DATABASE_URL must say sslmode=verify-full in production, or DATABASE_ALLOW_PLAINTEXT be true")
        return found


class RedisSettings(Discreet, frozen=True, kw_only=True):
    hidden: ClassVar = frozenset({"url"})

    url: Annotated[
        str,
        Meta(
            description="`rediss://:password@host:6379/0`: what several processes share. Required in production, and "
            "with more than one worker. Carries tasks too, where `TASKS_REDIS_URL` is not set. See sessions.md."
        ),
    ] = ""
    allow_plaintext: Annotated[
        bool,
        Meta(
            description="Whether `redis://` may lead to another machine in production: in a network of its own. For "
            "`TASKS_REDIS_URL` too."
        ),
    ] = False

    @property
    def kind(self) -> str:
        return "redis" if self.url else "none"

    def problems(self, *, production: bool) -> list[str]:
        if not self.url:
            return ["REDIS_URL must be set in production"] if production else []
        return self.wrong_with("REDIS_URL", self.url, production=production)

    def wrong_with(self, name: str, url: str, *, production: bool) -> list[str]:
        """Of any Redis there is, by the name of its setting."""
        parts = split(url)
        if parts is None or parts.scheme not in SCHEMES:
            return [f"{name} must be an address such as rediss://:password@host:6379/0"]
        is_near = parts.scheme == "unix" or is_here(parts.hostname or "")
        if not production or parts.scheme == "rediss" or is_near or self.allow_plaintext:
            return []
        return [f"{name} must begin with rediss:// in production, or REDIS_ALLOW_PLAINTEXT be true"]


def split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 (read for what it refuses)
    except ValueError:
        return None
    return parts


def _hosts(parts: SplitResult) -> list[str]:
    """Those in the query too, which libpq goes to instead: `postgresql:///lms?host=/run/postgresql`."""
    query = parse_qs(parts.query)
    return [parts.hostname or "", *",".join(query.get("host", []) + query.get("hostaddr", [])).split(",")]


def _is_encrypted(parts: SplitResult) -> bool:
    """Or stays on this machine. What libpq does by itself is to go on without TLS where the server has none."""
    modes = parse_qs(parts.query).get("sslmode", [])
    return (bool(modes) and ENCRYPTED.issuperset(modes)) or all(map(is_here, _hosts(parts)))


def _is_guessed(parts: SplitResult) -> bool:
    """On this machine a socket or `pg_hba.conf` may do without any; one that everybody knows protects nowhere."""
    password = unquote(parts.password or "") or "".join(parse_qs(parts.query).get("password", []))
    if not password:
        return not all(map(is_here, _hosts(parts)))
    names = [*GUESSED, unquote(parts.username or ""), parts.path.strip("/")]
    return is_placeholder(password) or guesses(password, names) < FEWEST_GUESSES


def is_here(host: str) -> bool:
    if host.startswith("/"):
        return True
    try:
        return host in LOCAL or ip_address(host).is_loopback
    except ValueError:
        return False
