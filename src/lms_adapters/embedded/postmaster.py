"""`postmaster.pid`: whether a server runs on a data folder, and how far it has come."""

import contextlib
import os
import platform
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.02
SOCKET = ".s.PGSQL.5432"  # lies in the data folder, so that only who may enter it can connect
STATUS_LINE = 7  # counted from 0
READY = "ready"  # what stands there once connections are accepted


@dataclass(frozen=True, slots=True)
class Postmaster:
    pid: int
    status: str

    @classmethod
    def of(cls, cluster: Path) -> "Postmaster | None":
        try:
            lines = (cluster / "postmaster.pid").read_text().splitlines()
            return cls(abs(int(lines[0])), lines[STATUS_LINE].strip() if len(lines) > STATUS_LINE else "")
        except (OSError, ValueError, IndexError):
            return None

    def runs_on(self, cluster: Path) -> bool:
        """Whether the process is a server of this folder, and not a stranger who got its number."""
        if platform.system() == "Linux":
            with contextlib.suppress(OSError):
                return Path(f"/proc/{self.pid}/cwd").samefile(cluster)
            return False
        listed = subprocess.run(["ps", "-o", "command=", "-p", str(self.pid)], capture_output=True, check=False)
        return b"postgres" in listed.stdout

    def stop(self, cluster: Path, *, timeout: float) -> bool:
        """Fast shutdown (sessions are ended, data is written), then an immediate one. False if it still runs."""
        for request in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(OSError):
                os.kill(self.pid, request)
            deadline = time.monotonic() + timeout
            while time.monotonic() < deadline:
                if not self.runs_on(cluster):
                    return True
                time.sleep(POLL_SECONDS)
        return False


def forget_leftover(cluster: Path, *, timeout: float) -> bool:
    """End a server that outlived its parent, remove what a killed one left lying. False if it cannot be ended.

    Called with the lock of the folder held, so nobody who still wants that server is alive.
    """
    leftover = Postmaster.of(cluster)
    if leftover is not None and leftover.runs_on(cluster) and not leftover.stop(cluster, timeout=timeout):
        return False
    # PostgreSQL would do this itself, but refuses when another process got the number.
    for name in ("postmaster.pid", f"{SOCKET}.lock", SOCKET):
        (cluster / name).unlink(missing_ok=True)
    return True
