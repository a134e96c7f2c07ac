"""Bring a database to the tables that this code expects, and back."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, NullPool, create_engine, text

import lms_adapters.postgres as package
from lms_adapters.postgres.base import metadata

# The same number in every process, so that instances that start together migrate one after another.
LOCK = 0x6C6D73  # "lms"
WITH_THEIR_TABLE = {"idempotency", "outbox"}  # small enough to hold their own
REPOSITORY = Path(__file__).parents[3]


def migrations() -> Path:
    """`migrations/` of this checkout, or where MIGRATIONS_PATH says when the code is installed elsewhere."""
    return Path(os.environ.get("MIGRATIONS_PATH", REPOSITORY / "migrations"))


def all_tables() -> MetaData:
    """The tables of the modules beside this one."""
    for module in iter_modules(package.__path__):
        if module.name.endswith("_tables") or module.name in WITH_THEIR_TABLE:
            import_module(f"{package.__name__}.{module.name}")
    return metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Run the migrations that are missing. Safe to call from many instances at once."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Undo migrations down to `revision`, or all of them for "base"."""
    _run(url, lambda config: command.downgrade(config, revision))


def draft(url: str, message: str) -> None:
    """Write the migration from what is at `url` to the tables of the code: to be read before it is kept."""
    _run(url, lambda config: command.revision(config, message, autogenerate=True))


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration, which stands nowhere else. `migrations/env.py` works on the connection in it."""
    config = Config()
    config.set_main_option("script_location", str(migrations()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _run(url: str, step: Callable[[Config], object]) -> None:
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": LOCK})
            connection.commit()  # the lock belongs to the session and stays
            step(config_for(connection))
            connection.commit()
    finally:
        engine.dispose()
