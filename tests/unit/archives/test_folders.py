"""What a killed import leaves is swept by the next one; what another import is using stays."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.archives.samples import an_olx_course, opened

from lms_adapters.archives import folders
from lms_adapters.archives.folders import sweep, temporary_folder

USE_UNTIL_KILLED = """
import sys
from pathlib import Path
from lms_adapters.archives.archives import open_package
from lms_adapters.content.html import HtmlRendering
with open_package(Path(sys.argv[1]), markup=HtmlRendering()):
    print("open", flush=True)
    sys.stdin.read()
"""
SOURCE = Path(folders.__file__).parents[2]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@contextmanager
def another_process(archive: Path, temporary: Path) -> Iterator[subprocess.Popen[bytes]]:
    """It has the archive open."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TMPDIR": str(temporary)}
    command = [sys.executable, "-c", USE_UNTIL_KILLED, str(archive)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"open\n"
            yield process
        finally:
            process.kill()


def test_a_killed_import_is_swept_by_the_next_and_a_running_one_stays(tmp_path: Path, temporary: Path) -> None:
    archive = an_olx_course(tmp_path, '<html url_name="a"><p>Hello</p></html>')
    with another_process(archive, temporary) as running:
        [in_use] = temporary.iterdir()
        with another_process(archive, temporary) as killed:
            [left] = set(temporary.iterdir()) - {in_use}
            killed.send_signal(signal.SIGKILL)
            killed.wait()
            assert list(left.iterdir())
        with opened(archive) as mine:
            assert mine.package.sections
            assert not left.exists()
            assert in_use in temporary.iterdir()
            assert list(in_use.iterdir())
        assert list(temporary.iterdir()) == [in_use]
        assert running.poll() is None


def test_a_folder_of_this_process_is_not_swept(temporary: Path) -> None:
    with temporary_folder() as one, temporary_folder() as other:
        sweep()
        assert one.exists()
        assert other.exists()
    assert list(temporary.iterdir()) == []


def test_what_is_not_ours_is_left_alone(temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (temporary / "lms-archive-link").symlink_to(precious)
    (temporary / "lms-archive-file").write_text("a file")
    (temporary / "something-else").mkdir()
    sweep()
    assert len(list(temporary.iterdir())) == 3
    (temporary / "lms-archive-of-another-user").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    sweep()
    assert len(list(temporary.iterdir())) == 4


def test_a_folder_that_was_swept_before_it_was_locked_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    make, made = tempfile.mkdtemp, []

    def making(prefix: str) -> str:
        made.append(make(prefix=prefix))
        if len(made) == 1:
            sweep()  # as another process may, at the worst moment
        return made[-1]

    monkeypatch.setattr(tempfile, "mkdtemp", making)
    with temporary_folder() as folder:
        assert folder.exists()
        assert [str(folder)] == made[1:]
