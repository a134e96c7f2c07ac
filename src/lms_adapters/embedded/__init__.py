"""PostgreSQL for one machine: a private server out of a wheel, started and stopped with its parent process."""

from lms_adapters.embedded.errors import EmbeddedPostgresError
from lms_adapters.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
