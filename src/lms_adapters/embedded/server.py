"""One PostgreSQL server that lives as long as the process that started it."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import quote

from lms_adapters.embedded import cluster as clusters
from lms_adapters.embedded.account import Account, server_account
from lms_adapters.embedded.binaries import programs_for
from lms_adapters.embedded.errors import EmbeddedPostgresError
from lms_adapters.embedded.postmaster import POLL_SECONDS, READY, SOCKET, Postmaster, forget_leftover

LONGEST_SOCKET_PATH = 103  # sun_path holds 108 bytes on Linux and 104 on macOS, the last one is a zero
START_SECONDS = 60.0  # a recovery after a power cut replays at most 1 GB of log
STOP_SECONDS = 20.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",  # statements hold what people wrote: never in a log
    "random_page_cost": "1.1",  # there are no spinning disks on one machine any more
}
# For tests: a crash may lose everything, and nobody would mind.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "4GB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "max_connections": "300",  # every test worker has a pool of its own
}


class EmbeddedPostgres:
    """`with EmbeddedPostgres(Path(".data/postgres")) as url: ...`. Start it from the main thread."""

    def __init__(self, data_dir: Path, *, fast: bool = False, start_seconds: float = START_SECONDS) -> None:
        self._home = data_dir.absolute()
        self._cluster = self._home / "cluster"
        self._log = self._home / "server.log"
        self._fast = fast
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[bytes] | None = None
        self._short_way: Path | None = None

    def __enter__(self) -> str:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """For SQLAlchemy with psycopg: the server listens on a Unix socket inside its closed folder."""
        folder = self._short_way / "pg" if self._short_way else self._cluster
        return f"postgresql+psycopg://{clusters.USER}@/postgres?host={quote(str(folder), safe='')}"

    def start(self) -> str:
        """Start the server, make its data folder when there is none; return `url`."""
        try:
            self._start()
        except OSError as error:
            self.stop()
            raise EmbeddedPostgresError(f"PostgreSQL cannot use {self._home}: {error}") from error
        except BaseException:
            self.stop()
            raise
        return self.url

    def join(self) -> str:
        """As `start`, but a server that already runs on the folder is used as it is, and `stop` leaves it alone."""
        running = Postmaster.of(self._cluster)
        if running is None or running.status != READY or not running.runs_on(self._cluster):
            return self.start()
        self._short_way = _short_way_to(self._cluster)
        return self.url

    def stop(self) -> None:
        """End sessions, write everything, stop; asked twice it does nothing."""
        if self._process is not None:
            self._end(self._process)
            self._process = None
        if self._short_way is not None:
            shutil.rmtree(self._short_way, ignore_errors=True)
            self._short_way = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _start(self) -> None:
        account = server_account(self._cluster)
        self._home.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = self._take_lock()
        programs = programs_for(account)
        clusters.prepare(self._cluster, programs=programs, account=account, durable=not self._fast)
        if not forget_leftover(self._cluster, timeout=STOP_SECONDS):
            raise EmbeddedPostgresError(f"Another PostgreSQL runs on {self._cluster}: stop it first.")
        self._process = self._launch(programs, account)
        self._await_ready(self._process)
        self._short_way = _short_way_to(self._cluster)

    def _take_lock(self) -> IO[bytes]:
        lock = (self._home / "lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise EmbeddedPostgresError(
                f"The database in {self._home} is in use by another run of this program: stop that one first."
            ) from None
        return lock

    def _launch(self, programs: Path, account: Account) -> subprocess.Popen[bytes]:
        settings = SETTINGS | FAST if self._fast else SETTINGS
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(programs / "postgres"), "-D", clusters.here(self._cluster, account), *options]
        with self._log.open("wb") as log:
            # SIGINT is the fast shutdown: when we are killed, sessions are ended and data is written.
            return account.start(command, folder=self._cluster, output=log, death=signal.SIGINT)

    def _await_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_seconds
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise EmbeddedPostgresError(f"PostgreSQL did not start: {self._last_words()}")
            postmaster = Postmaster.of(self._cluster)
            if postmaster and postmaster.pid == process.pid and postmaster.status == READY:
                return
            time.sleep(POLL_SECONDS)
        raise EmbeddedPostgresError(
            f"PostgreSQL was not ready after {self._start_seconds:.0f} seconds; its log is {self._log}."
        )

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line] or lines[-1:] or ["no message"]
        words = grave[-1].split(":  ", 1)[-1].rstrip(".")
        # A query of a server that was killed may still be running.
        remedy = "Try again in a minute." if "shared memory block" in words else clusters.REMEDY
        return f"{words}. {remedy}"

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(request)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
                return


def _short_way_to(cluster: Path) -> Path | None:
    """A folder with a link to the socket's folder, when its own path is longer than a socket address may be."""
    if len(os.fsencode(cluster / SOCKET)) <= LONGEST_SOCKET_PATH:
        return None
    short = Path(tempfile.mkdtemp(prefix="lms-", dir="/tmp"))  # TMPDIR may be as long
    (short / "pg").symlink_to(cluster)
    return short
