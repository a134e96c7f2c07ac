"""`lms up`: everything on this machine. `lms serve`: the HTTP server beside a database of its own, as in production."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lms_entrypoints import configuration
from lms_entrypoints.cli.database import DATA, VARIABLE, database
from lms_entrypoints.cli.grants import run_as_application
from lms_entrypoints.cli.lifeline import end_with
from lms_entrypoints.settings import Settings

NO_DATABASE = "DATABASE_URL is not set. Set it to a PostgreSQL server, or use `lms up`, which starts one."
port_option = click.option("--port", type=int, envvar="PORT", help="Before SERVER_PORT (8000); so is PORT.")


@click.command()
@port_option
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="The data folder, before LMS_DATA.")
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this one is gone.")
def up(port: int | None, data: Path, *, with_parent: bool) -> None:
    """Start a database, migrate it, load the demo, serve. Ctrl-C stops it all.

    With DATABASE_URL set, that server is used and none is started.
    """
    from lms_entrypoints.cli import demo, server

    if with_parent:
        end_with(os.getppid(), signal.SIGTERM)
    with _stoppable():
        _must_know_endpoints(given := _settings(port))
        server.refuse_busy_port(given.server)
        with database(data, shared=False) as is_embedded:
            given = _settings(port)
            _upgrade(given)
            if is_embedded:
                run_as_application()
                given = _settings(port)
            demo.load(given)
            server.serve_until_stopped(given.server, when_ready=lambda: _welcome(given))


@click.command()
@port_option
@click.option("--migrate", "first_migrate", is_flag=True, help="Bring the database up to date first.")
def serve(port: int | None, *, first_migrate: bool) -> None:
    """Serve HTTP on SERVER_HOST, SERVER_PORT with SERVER_WORKERS processes, on the database DATABASE_URL."""
    from lms_entrypoints.cli import server

    given = _settings(port)
    if not configuration.has(VARIABLE):
        raise click.ClickException(NO_DATABASE)
    _must_know_endpoints(given)
    server.refuse_busy_port(given.server)
    if first_migrate:
        _upgrade(given)
    server.serve_until_stopped(given.server, when_ready=lambda: None)


@click.command()
@click.argument("revision", default="head")
def migrate(revision: str) -> None:
    """Bring the database up to date, or to REVISION."""
    with database():
        _upgrade(_settings(None), revision)


def _settings(port: int | None) -> Settings:
    if port is not None:
        if (said := os.environ.get("SERVER_PORT", str(port))) != str(port):
            click.echo(f"The port is {port}: --port and PORT go before SERVER_PORT, which is {said}.", err=True)
        os.environ["SERVER_PORT"] = str(port)
    return configuration.load(os.environ)


def _must_know_endpoints(given: Settings) -> None:
    """Before the database is touched and a worker is started, which would find it out too late to say so."""
    if given.limits.endpoints:
        from lms_entrypoints.container import Container
        from lms_entrypoints.http.app import at_the_edge, build_app

        services = Container(settings=given).services()
        at_the_edge(build_app(services), services)


def _upgrade(given: Settings, revision: str = "head") -> None:
    from sqlalchemy.exc import ArgumentError, OperationalError

    from lms_adapters.postgres.migrate import upgrade

    try:
        upgrade(given.database.url, revision)
    except (ArgumentError, OperationalError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise click.ClickException(f"The database DATABASE_URL cannot be used: {reason}") from None


@contextmanager
def _stoppable() -> Iterator[None]:
    """Until Granian handles them, Ctrl-C, SIGTERM and a closed terminal end us through every `finally` on the way."""
    for request in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(request, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        sys.exit(130)


def _welcome(given: Settings) -> None:
    from lms_entrypoints.cli import demo

    here = f"http://{given.server.host}:{given.server.port}"
    click.echo(f"\nThe API        {here}/api/v1")
    click.echo(f"Documentation  {here}/docs")
    if given.shows_mailbox:
        click.echo(f"Letters        http://localhost:{given.server.port}/dev/mailbox")
    for account in demo.ACCOUNTS:
        click.echo(f"Demo account   {account.email}  password {account.password}  ({account.role})")
    click.echo("Ctrl-C stops everything; the data stays.\n")
