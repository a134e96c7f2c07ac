"""`lms settings`: every setting there is, as docs/configuration.md has them."""

from typing import Any

import click

from lms_domain.kernel import Secret
from lms_entrypoints.settings import DEVELOPMENT_KEY, Settings
from lms_entrypoints.sources import Setting, settings_of

HEAD = """# Configuration

Every setting is an environment variable, and each has a default that works on one machine. Add `_FILE` to the name of
any of them, and the value is read from the file that is named: for secrets that Docker or Kubernetes mount. Or they lie
in HashiCorp Vault: [secrets.md](secrets.md). What cannot be run with is refused at the start, all of it at once.

This page is written by `lms settings`.

| variable | default | meaning |
|---|---|---|
"""

TAIL = """
## Beside them

These are read from the environment alone: neither from files nor from Vault.

| variable | meaning |
|---|---|
"""
BESIDE = {
    "PORT": "The port, as platforms give it to `lms serve` and `lms up`. The option `--port` goes before `PORT`, and"
    " either goes before `SERVER_PORT`; where they differ, a line at the start says so.",
    "LMS_DATA": "The folder in which the embedded PostgreSQL keeps its data, for every command without `DATABASE_URL`;"
    " `.data` of the checkout where it is not set. `lms up --data` goes before it.",
    "LMS_PASSWORD": "The password of an account that `lms users` makes, instead of being asked for it.",
    "MIGRATIONS_PATH": "Where `migrations/` lies when the code is installed without it.",
    "LMS_DIES_AT": "For tests, which kill the process there. Production refuses it.",
}


@click.command()
def settings() -> None:
    """Print the page with every setting."""
    click.echo(page(), nl=False)


def page() -> str:
    return HEAD + "".join(_row(setting) for setting in settings_of(Settings)) + TAIL + _beside()


def _beside() -> str:
    return "".join(f"| `{name}` | {meaning} |\n" for name, meaning in BESIDE.items())


def _row(setting: Setting) -> str:
    return f"| `{setting.name}` | {_shown(setting.default)} | {setting.description} |\n"


def _shown(default: Any) -> str:
    if default == DEVELOPMENT_KEY:
        return "a development value"
    text = default.reveal() if isinstance(default, Secret) else str(default)
    return f"`{text}`" if text and default is not None else ""
