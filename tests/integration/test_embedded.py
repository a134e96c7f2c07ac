"""The embedded PostgreSQL, for real: it keeps what it is given, and nothing of it outlives its parent."""

import os
import platform
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, text

from lms_adapters.embedded import EmbeddedPostgres, EmbeddedPostgresError
from lms_adapters.embedded.postmaster import Postmaster

SRC = Path(__file__).parents[2] / "src"
SOON = 15.0
# What starts a server and waits to be killed.
PARENT = """
    import sys, time
    from pathlib import Path
    from lms_adapters.embedded import EmbeddedPostgres
    url = EmbeddedPostgres(Path(sys.argv[1]), fast=True).start()
    print(url, flush=True)
    time.sleep(60)
"""


def ask(url: str, statement: str) -> Any:
    engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return result.scalar() if result.returns_rows else None
    finally:
        engine.dispose()


def within(seconds: float, happened: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def postmaster_of(data: Path) -> Postmaster:
    postmaster = Postmaster.of(data / "cluster")
    assert postmaster is not None
    return postmaster


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@pytest.fixture
def parent(data: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process, with a server of its own on `data`."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), str(data)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(SRC)},
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql+psycopg://")
    yield process
    process.kill()
    process.communicate()


def test_a_restart_keeps_the_data(data: Path) -> None:
    with EmbeddedPostgres(data) as url:
        ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(data) as url:
        assert ask(url, "SELECT answer FROM kept") == 42


def test_it_is_postgresql_18_with_unicode_and_durable(data: Path) -> None:
    with EmbeddedPostgres(data) as url:
        assert ask(url, "SHOW server_version").startswith("18")
        assert ask(url, "SELECT lower('ÄÉЖ')") == "äéж"
        assert ask(url, "SHOW fsync") == "on"
        assert ask(url, "SHOW server_encoding") == "UTF8"


def test_nobody_else_reaches_it(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True) as url:
        assert ask(url, "SHOW listen_addresses") == ""
        assert (data / "cluster").stat().st_mode & 0o077 == 0


def test_stopping_leaves_no_process(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True):
        postmaster = postmaster_of(data)
        assert postmaster.runs_on(data / "cluster")
    assert not postmaster.runs_on(data / "cluster")
    assert Postmaster.of(data / "cluster") is None


def test_a_second_run_on_the_same_folder_is_refused_in_one_line(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True) as url:
        with pytest.raises(EmbeddedPostgresError, match=r"^The database in .* is in use by another run"):
            EmbeddedPostgres(data, fast=True).start()
        assert ask(url, "SELECT 1") == 1


def test_who_joins_a_running_server_leaves_it_running(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True) as url:
        visitor = EmbeddedPostgres(data, fast=True)
        assert visitor.join() == url
        visitor.stop()
        assert ask(url, "SELECT 1") == 1


def test_who_joins_where_nothing_runs_starts_it(data: Path) -> None:
    first = EmbeddedPostgres(data, fast=True)
    assert ask(first.join(), "SELECT 1") == 1
    first.stop()
    assert Postmaster.of(data / "cluster") is None


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux tells a child that its parent is gone")
def test_killing_the_parent_leaves_nothing_and_the_next_start_recovers(
    data: Path, parent: subprocess.Popen[str]
) -> None:
    postmaster = postmaster_of(data)
    parent.kill()
    parent.wait()
    assert within(SOON, lambda: not postmaster.runs_on(data / "cluster"))
    with EmbeddedPostgres(data, fast=True) as url:
        assert ask(url, "SELECT 1") == 1


def test_killing_the_server_too_is_recovered_from(data: Path, parent: subprocess.Popen[str]) -> None:
    server = postmaster_of(data).pid
    os.kill(server, signal.SIGKILL)
    parent.kill()
    parent.wait()
    with EmbeddedPostgres(data, fast=True) as url:
        assert ask(url, "SELECT 1") == 1


def test_a_server_that_outlived_its_parent_is_stopped_first(data: Path) -> None:
    """As on systems that do not tell a child that its parent is gone."""
    orphaned = EmbeddedPostgres(data, fast=True)
    orphaned.start()
    left_behind = postmaster_of(data)
    assert orphaned._lock is not None
    orphaned._lock.close()
    with EmbeddedPostgres(data, fast=True) as url:
        assert not left_behind.runs_on(data / "cluster") or left_behind.pid != postmaster_of(data).pid
        assert ask(url, "SELECT 1") == 1
    orphaned.stop()


def test_a_pid_file_that_names_a_stranger_is_no_obstacle(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True):
        pass
    (data / "cluster" / "postmaster.pid").write_text(f"{os.getpid()}\n/elsewhere\n0\n5432\n\n\n  1 2\nready\n")
    with EmbeddedPostgres(data, fast=True) as url:
        assert ask(url, "SELECT 1") == 1


def test_an_interrupted_first_start_is_begun_again(data: Path) -> None:
    (data / "cluster.unfinished" / "base").mkdir(parents=True)
    with EmbeddedPostgres(data, fast=True) as url:
        assert ask(url, "SELECT 1") == 1
    assert not (data / "cluster.unfinished").exists()


def test_a_damaged_folder_is_one_line_that_says_what_to_do(data: Path) -> None:
    with EmbeddedPostgres(data, fast=True):
        pass
    (data / "cluster" / "global" / "pg_control").write_bytes(b"nonsense")
    with pytest.raises(EmbeddedPostgresError, match=r"PostgreSQL did not start: .* Move the folder away") as refused:
        EmbeddedPostgres(data, fast=True).start()
    assert "\n" not in str(refused.value)


def test_a_path_longer_than_a_socket_address_works(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / ("long" * 25) / "postgres", fast=True) as url:
        assert ask(url, "SELECT 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has an account to give up")
def test_root_runs_it_as_somebody_else_even_in_a_folder_closed_to_them(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "postgres", fast=True) as url:
        postmaster = postmaster_of(closed / "postgres")
        assert Path(f"/proc/{postmaster.pid}").stat().st_uid != 0
        assert ask(url, "SELECT 1") == 1
    assert closed.stat().st_mode & 0o777 == 0o700
