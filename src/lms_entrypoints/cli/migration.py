"""`lms migration`: draft the next migration, for who changes a table."""

import tempfile
from pathlib import Path

import click

from lms_adapters.embedded import EmbeddedPostgres


@click.command()
@click.argument("message")
def migration(message: str) -> None:
    """Write the migration from the last one to the tables of the code into migrations/versions/.

    Works on an empty PostgreSQL of its own. Read what it wrote before you keep it.
    """
    from lms_adapters.postgres.migrate import draft, upgrade

    with tempfile.TemporaryDirectory() as folder, EmbeddedPostgres(Path(folder), fast=True) as url:
        upgrade(url)
        draft(url, message)
