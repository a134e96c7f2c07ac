"""The `lms` command. A command's module is imported when the command is asked for, so that each starts quickly."""

import sys
from importlib import import_module

import click

from lms_adapters.embedded.errors import EmbeddedPostgresError
from lms_domain.kernel import LmsError
from lms_entrypoints.settings import SettingsError

# name -> module in this package; the command in it has the same name.
COMMANDS = {
    "audit": "audit",
    "courses": "courses",
    "db": "grants",
    "drifts": "drifts",
    "mail": "mail",
    "migrate": "serve",
    "migration": "migration",
    "openapi": "openapi",
    "queues": "queues",
    "relay": "background",
    "scheduler": "background",
    "serve": "serve",
    "settings": "settings",
    "up": "serve",
    "users": "users",
    "worker": "background",
}


class Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"{__package__}.{COMMANDS[cmd_name]}"), cmd_name)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def lms() -> None:
    """A learning management system: run it, look after it."""


def main() -> None:
    try:
        lms(prog_name="lms")
    except (EmbeddedPostgresError, LmsError, SettingsError) as error:
        sys.exit(f"Error: {error}")  # as click words its own


if __name__ == "__main__":
    main()
