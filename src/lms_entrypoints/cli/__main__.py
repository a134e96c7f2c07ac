"""The `lms` command. A command's module is imported when the command is asked for, so that each starts quickly."""

import sys
from importlib import import_module

import click

from lms_adapters.embedded.errors import EmbeddedPostgresError
from lms_domain.kernel import LmsError
from lms_entrypoints import logs
from lms_entrypoints.settings import SettingsError

# name -> module in this package, where the command has the same name, and how the command begins to say what it does.
COMMANDS = {
    "audit": ("audit", "The audit trail: who did what."),
    "courses": ("courses", "Courses as files: import and export."),
    "db": ("grants", "The database: roles."),
    "drifts": ("drifts", "Sums that are not what counting says, the newest first"),
    "mail": ("mail", "Letters: which there are, and what they look like."),
    "migrate": ("serve", "Bring the database up to date, or to REVISION."),
    "migration": ("migration", "Write the migration from the last one to the tables of the code"),
    "openapi": ("openapi", "Print the OpenAPI document."),
    "queues": ("queues", "How background work stands"),
    "relay": ("background", "Make tasks of what has happened, and hand them on to workers"),
    "scheduler": ("background", "Say whose time has come, until stopped"),
    "serve": ("serve", "Serve HTTP on SERVER_HOST, SERVER_PORT"),
    "settings": ("settings", "Print the page with every setting."),
    "up": ("serve", "Start a database, migrate it, load the demo, serve."),
    "users": ("users", "Accounts: the first admin, instructors, roles."),
    "worker": ("background", "Perform tasks until stopped"),
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"{__package__}.{module}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what.removesuffix(".") + ".") for name, (_, what) in sorted(COMMANDS.items())])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def lms() -> None:
    """A learning management system: run it, look after it."""


def main() -> None:
    logs.configure("warning")  # until a process that stays has read LOG_LEVEL
    try:
        lms(prog_name="lms")
    except (EmbeddedPostgresError, LmsError, SettingsError) as error:
        sys.exit(f"Error: {error}")  # as click words its own


if __name__ == "__main__":
    main()
