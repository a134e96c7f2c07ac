"""The README's tour is true: it is run here, as it stands there, against what `make run` starts."""

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import click
import pytest
from tests.integration.test_up import running

from lms_entrypoints.cli.__main__ import lms
from lms_entrypoints.cli.settings import page
from lms_entrypoints.settings import Settings
from lms_entrypoints.sources import settings_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SHELL_BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the tour is written with curl, and this machine has none")
def test_the_tour_does_what_it_says(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(tmp_path / "data", port) as school:
        school.await_ready()
        (tour,) = SHELL_BLOCKS
        walked = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", tour],
            env=os.environ | {"API": f"http://127.0.0.1:{port}/api/v1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert walked.returncode == 0, walked.stderr
    assert '"corrected_search":"beekeeping"' in walked.stdout
    assert '"viewed":true' in walked.stdout


def test_every_setting_it_names_is_one() -> None:
    named = set(re.findall(r"`([A-Z][A-Z_]+)`", README.split("## Configuration")[1].split("## ")[0]))
    assert named <= {setting.name for setting in settings_of(Settings)}


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    written = (ROOT / "docs" / "configuration.md").read_text()
    assert written == page(), "run `lms settings > docs/configuration.md`"
    assert all(setting.description for setting in settings_of(Settings))


READ = re.compile(r"""(?:environ\.get\(|environ\[|envvar=|VARIABLE = )"([A-Z_]+)\"""")


def test_the_page_of_settings_names_whatever_else_is_read_from_the_environment() -> None:
    read = {name for path in (ROOT / "src").rglob("*.py") for name in READ.findall(path.read_text())}
    assert read >= {"PORT", "LMS_DATA", "LMS_PASSWORD", "MIGRATIONS_PATH"}
    assert {name for name in read if f"| `{name}` |" not in page()} == set()


def test_every_file_it_names_is_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / name).exists(), name


def test_every_make_target_it_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets


@pytest.mark.parametrize("command", re.findall(r"^lms ((?:\w|-)+(?: (?:\w|-)+)?) ", README, re.MULTILINE))
def test_every_lms_command_it_names_is_there(command: str) -> None:
    found: click.Command | None = lms
    for word in command.split():
        if isinstance(found, click.Group):
            found = found.get_command(click.Context(found), word)
    assert found is not None
