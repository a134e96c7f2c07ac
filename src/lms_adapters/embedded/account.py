"""Who runs the server: we do, or `nobody` when we are root, because PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lms_adapters.embedded.errors import EmbeddedPostgresError

CHILD = Path(__file__).with_name("child.py")
OVERFLOW_ID = 65534  # what Linux calls nobody where /etc/passwd does not

# What Python and initdb need to start. Nothing more: our environment holds keys, and the server is another user.
INHERITED = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class Account:
    """A user to run a program as; `uid` -1 means: whoever we are."""

    uid: int = -1
    gid: int = -1

    @property
    def is_another(self) -> bool:
        return self.uid >= 0

    def may_run(self, program: Path) -> bool:
        """Whether this account can reach the file through all folders above it."""
        if not self.is_another:
            return os.access(program, os.X_OK)
        return all(folder.stat().st_mode & 0o001 for folder in (program, *program.parents))

    def give(self, folder: Path) -> None:
        """Make everything in the folder this account's own, unless it is already."""
        if not self.is_another or folder.stat().st_uid == self.uid:
            return
        for parent, _, files in os.walk(folder):
            shutil.chown(parent, self.uid, self.gid)
            for name in files:
                os.chown(Path(parent, name), self.uid, self.gid, follow_symlinks=False)

    def start(
        self, command: list[str], *, folder: Path, output: IO[bytes] | int, death: signal.Signals
    ) -> subprocess.Popen[bytes]:
        """Start the program in the folder, in a session of its own so that Ctrl-C in our terminal is ours to handle.

        `death` is what the program gets when our calling thread ends (Linux): call this from the main thread.
        """
        ours = [os.getpid(), int(death), self.uid, self.gid, folder]
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(CHILD), *map(str, ours), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={name: os.environ[name] for name in INHERITED if name in os.environ} | {"LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,
        )


def server_account(cluster: Path) -> Account:
    """The owner of the data folder if root is to start it, so that root and its owner can take turns."""
    if os.geteuid() != 0:
        return Account()
    if cluster.is_dir() and (status := cluster.stat()).st_uid != 0:
        return Account(status.st_uid, status.st_gid)
    return _nobody()


def _nobody() -> Account:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return Account(OVERFLOW_ID, OVERFLOW_ID)
    if nobody.pw_uid == 0:
        raise EmbeddedPostgresError("PostgreSQL does not run as root and `nobody` is root here: use another user.")
    return Account(nobody.pw_uid, nobody.pw_gid)
