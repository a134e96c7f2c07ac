"""`lms up`, the whole of it: what `make run` starts."""

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from lms_adapters.embedded import EmbeddedPostgres
from lms_adapters.embedded.postmaster import Postmaster
from lms_entrypoints.cli.demo import ACCOUNTS

SRC = Path(__file__).parents[2] / "src"
START_SECONDS = 60.0
STOP_SECONDS = 20.0
FAST_HASHING = {"SECURITY_BCRYPT_ROUNDS": "4"}


class Running:
    """One `lms up` with a data folder and a port of its own."""

    def __init__(self, data: Path, port: int, **extra: str) -> None:
        self.data, self.port = data, port
        self._output = data.parent / f"{data.name}.output"
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "PORT"}}
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "lms_entrypoints.cli", "up", "--data", str(data), "--port", str(port)],
                stdout=output,
                stderr=output,
                env=environment | FAST_HASHING | {"PYTHONPATH": str(SRC)} | extra,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/ready", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def await_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self.is_ready():
            assert self.process.poll() is None, self.output()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.1)

    def await_words(self, words: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while words not in self._output.read_text():
            assert time.monotonic() < deadline, f"never said {words!r}"
            time.sleep(0.1)

    def output(self) -> str:
        """All that it said, once it has ended."""
        self.process.wait(timeout=STOP_SECONDS)
        return self._output.read_text()

    def is_gone(self) -> bool:
        cluster = self.data / "postgres" / "cluster"
        left = Postmaster.of(cluster)
        return not self.is_ready() and not (left and left.runs_on(cluster))

    def await_gone(self) -> None:
        deadline = time.monotonic() + STOP_SECONDS
        while not self.is_gone():
            assert time.monotonic() < deadline, "something was left running"
            time.sleep(0.1)


@contextmanager
def running(data: Path, port: int) -> Iterator[Running]:
    up = Running(data, port)
    try:
        up.await_ready()
        yield up
    finally:
        if up.process.poll() is None:
            up.process.terminate()
            up.output()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen: int = probe.getsockname()[1]
        return chosen


def test_it_serves_says_where_and_stops_cleanly_on_ctrl_c(tmp_path: Path, port: int) -> None:
    with running(tmp_path, port) as up:
        assert httpx.get(f"http://127.0.0.1:{port}/api/v1/courses").status_code == httpx.codes.OK
        assert httpx.get(f"http://localhost:{port}/dev/mailbox").status_code == httpx.codes.OK
        up.await_words("Ctrl-C stops everything")
        assert roles_connected(tmp_path) == {"lms_app"}  # who cannot change the audit trail
        with stream(port) as pieces:
            assert b"retry" in next(pieces)
            os.killpg(up.process.pid, signal.SIGINT)  # a terminal sends it to everybody in the foreground
            list(pieces)  # to its end: where it was only broken off, this raises
        output = up.output()
        assert up.process.returncode in {0, 130}
        up.await_gone()
    assert f"http://127.0.0.1:{port}/api/v1" in output
    assert f"http://127.0.0.1:{port}/docs" in output
    assert f"http://localhost:{port}/dev/mailbox" in output
    assert "Traceback" not in output
    assert "Killing worker" not in output


@contextmanager
def stream(port: int) -> Iterator[Iterator[bytes]]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=START_SECONDS) as client:
        sign_in = client.post("/auth/login", json={"email": ACCOUNTS[0].email, "password": ACCOUNTS[0].password})
        bearer = {"authorization": f"Bearer {sign_in.json()['data']['access_token']}"}
        with client.stream("GET", "/me/notifications/stream", headers=bearer) as opened:
            yield opened.iter_raw()


def roles_connected(data: Path) -> set[str]:
    url = EmbeddedPostgres(data / "postgres").join()
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        others = (
            "select usename from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        return {role for (role,) in conn.execute(others)}


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux tells a child that its parent is gone")
def test_killing_it_leaves_nothing_and_the_next_start_recovers(tmp_path: Path, port: int) -> None:
    with running(tmp_path, port) as up:
        up.process.kill()
        up.process.wait()
        up.await_gone()
    with running(tmp_path, port):
        pass


def test_a_busy_port_is_one_clear_line(tmp_path: Path, port: int) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", port))
        busy.listen()
        up = Running(tmp_path, port)
        said = up.output()
    assert up.process.returncode == 1
    assert said.strip() == (
        f"Error: Cannot serve on 127.0.0.1:{port}: address already in use. "
        "Choose another port: SERVER_PORT=8001 make run"
    )


def test_a_damaged_data_folder_is_one_clear_line(tmp_path: Path, port: int) -> None:
    (tmp_path / "postgres" / "cluster").mkdir(parents=True)
    up = Running(tmp_path, port)
    said = up.output()
    assert up.process.returncode == 1
    assert said.startswith("Error: The data folder ")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql+psycopg://nobody@127.0.0.1:1/none", "The database DATABASE_URL cannot be used: "),
        ("no-url-at-all", "DATABASE_URL must be an address such as "),
        ("mysql-x://here/none", "DATABASE_URL must be an address such as "),
    ],
)
@pytest.mark.parametrize("is_in_file", [False, True])
def test_a_database_that_cannot_be_used_is_one_clear_line(
    tmp_path: Path, port: int, url: str, reason: str, *, is_in_file: bool
) -> None:
    file = tmp_path / "url"
    file.write_text(url)
    up = Running(tmp_path, port, **({"DATABASE_URL_FILE": str(file)} if is_in_file else {"DATABASE_URL": url}))
    said = up.output()
    assert up.process.returncode == 1
    assert said.startswith(f"Error: {reason}")
    assert said.count("\n") == 1
    assert not (tmp_path / "postgres").exists()
