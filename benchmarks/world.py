"""What is measured on: a durable PostgreSQL, the server as `lms serve` runs it, and a school of some size."""

import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from uuid import UUID

import psycopg

from lms_adapters.security.keys import KeyRing
from lms_adapters.security.tokens import PyJwtTokens
from lms_domain.identity.model import Role
from lms_domain.kernel import SessionId, UserId, new_id

ROOT = Path(__file__).parents[1]
SECRET = secrets.token_hex(32)
COURSES, LESSONS, LEARNERS, CLASS = 500, 40, 4_000, 30_000
READY_SECONDS = 60
NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class World:
    dsn: str  # for psycopg
    course: UUID  # whose lessons are read and worked through
    big_course: UUID  # with CLASS learners on it
    lesson: UUID
    learners: list[UUID]
    instructor: UUID

    def token(self, user_id: UUID, role: Role = Role.STUDENT) -> str:
        tokens = PyJwtTokens(KeyRing(SECRET.encode()), SECRET, minutes=600)
        return tokens.issue(UserId(user_id), [role], SessionId(new_id()))


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]

    def cpu(self) -> float:
        """Seconds of processor time of the server's whole process group so far."""
        return _cpu_of(self.process.pid)


def _cpu_of(leader: int) -> float:
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid, parent, group = int(stat.parent.name), int(fields[1]), int(fields[2])
        if leader in {pid, parent, group}:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def postgres_cpu(dsn: str) -> float:
    """Of all of PostgreSQL's processes: they are children of one."""
    with psycopg.connect(dsn) as conn:
        (backend,) = conn.execute("select pg_backend_pid()").fetchone() or (0,)
        parent = Path(f"/proc/{backend}/stat").read_text().rpartition(")")[2].split()[1]
    return _cpu_of(int(parent))


@contextmanager
def serving(url: str, port: int, target: str, more: Mapping[str, str] = NOTHING) -> Iterator[Server]:
    """`target`: the ASGI factory. One worker, as on a small machine; its log goes where logs go, to a pipe's end.
    `more`: of the environment.
    """
    environment = (
        os.environ
        | dict(more)
        | {
            "DATABASE_URL": url,
            "SECURITY_SECRET_KEY": SECRET,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
    )
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-ws", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--workers", "1", "--log-level", "warning", target]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        _await(port, process)
        yield Server(port, process)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit("the server did not start")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server is not ready in time")
