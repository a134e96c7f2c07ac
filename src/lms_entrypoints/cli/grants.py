"""`lms db`: what the application's role may do in the database."""

import asyncio
import os

import click

from lms_entrypoints import configuration
from lms_entrypoints.cli.database import VARIABLE, database

APPLICATION = "lms_app"


@click.group()
def db() -> None:
    """The database: roles."""


@db.command()
@click.argument("role")
def grants(role: str) -> None:
    """Let ROLE do what the application does, and nothing more: not migrate, and not change the audit trail.

    DATABASE_URL names the owner of the tables. Do it again after each `lms migrate`.
    """
    from lms_adapters.postgres.grants import UnfitRole, grant

    with database():
        try:
            asyncio.run(grant(configuration.load().database.url, role))
        except UnfitRole as unfit:
            raise click.ClickException(str(unfit)) from None
    click.echo(f"{role} may run the application, and cannot change the audit trail.")


def run_as_application() -> None:
    """On the embedded server: from here on DATABASE_URL names a role that cannot change the audit trail."""
    from lms_adapters.postgres.grants import grant_to_own

    os.environ[VARIABLE] = asyncio.run(grant_to_own(os.environ[VARIABLE], APPLICATION))
