"""The `lms` command itself."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from lms_entrypoints.cli.__main__ import COMMANDS, lms
from lms_entrypoints.cli.background import worker

BEFORE_HELP = """
import sys
from lms_entrypoints.cli.__main__ import main
try:
    main()
finally:
    print(*({"alembic", "litestar", "lms_domain.ports", "sqlalchemy"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_it_says_of_a_command_what_the_command_says_of_itself(name: str) -> None:
    command = lms.get_command(click.Context(lms), name)
    assert command is not None
    assert (command.help or "").startswith(COMMANDS[name][1])


def test_help_names_all_commands_and_imports_none() -> None:
    shown = subprocess.run([sys.executable, "-c", BEFORE_HELP, "--help"], capture_output=True, text=True, check=True)
    assert shown.stderr == "\n"
    for name, (_, what) in COMMANDS.items():
        assert f"  {name:<9}  {what}" in shown.stdout


@pytest.mark.parametrize("queues", [",", "", "emails,nope"])
def test_a_worker_of_no_queue_is_refused_at_the_start(queues: str) -> None:
    refused = CliRunner().invoke(worker, ["--queues", queues])
    assert refused.exit_code == 2
    assert "there are default, emails" in refused.output
