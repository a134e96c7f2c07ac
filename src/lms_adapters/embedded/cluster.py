"""The data folder: made once and whole, checked before each start."""

import shutil
import signal
import subprocess
from pathlib import Path

from lms_adapters.embedded.account import Account
from lms_adapters.embedded.errors import EmbeddedPostgresError

MAJOR_VERSION = "18"
USER = "lms"
REQUIRED = ("PG_VERSION", "global/pg_control", "base", "pg_wal", "postgresql.conf", "pg_hba.conf")
REMEDY = "Move the folder away to start with an empty database, or restore it from a backup."
# The builtin provider sorts and folds case alike on every system; `--locale=C` needs nothing of the system.
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
# Only who may enter the folder (mode 0700) reaches the socket inside it.
ACCESS = ("--auth=trust", f"--username={USER}")
MANY_LINES = 3


def prepare(cluster: Path, *, programs: Path, account: Account, durable: bool) -> None:
    """Make the folder if there is none. A half-made one never gets its name, so an interruption leaves no trace."""
    if cluster.exists():
        check(cluster)
        account.give(cluster)
        return
    unfinished = cluster.with_name(f"{cluster.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True, mode=0o700)
    account.give(unfinished)
    _initdb(unfinished, programs=programs, account=account, durable=durable)
    unfinished.rename(cluster)


def here(cluster: Path, account: Account) -> str:
    """How the server itself calls its folder.

    Another account may not be able to walk to it (a checkout in /root); it is started inside and needs no path.
    """
    return "/proc/self/cwd" if account.is_another and Path("/proc/self/cwd").exists() else str(cluster)


def check(cluster: Path) -> None:
    missing = [name for name in REQUIRED if not (cluster / name).exists()]
    if missing:
        raise EmbeddedPostgresError(f"The data folder {cluster} is damaged ({missing[0]} is missing). {REMEDY}")
    version = (cluster / "PG_VERSION").read_text(errors="replace").strip()
    if version != MAJOR_VERSION:
        raise EmbeddedPostgresError(
            f"The data folder {cluster} was made by PostgreSQL {version[:20]!r}, not {MAJOR_VERSION}. {REMEDY}"
        )


def _initdb(folder: Path, *, programs: Path, account: Account, durable: bool) -> None:
    command = [str(programs / "initdb"), "--pgdata", here(folder, account), *LOCALE, *ACCESS, "--no-instructions"]
    if not durable:
        command.append("--no-sync")
    process = account.start(command, folder=folder, output=subprocess.PIPE, death=signal.SIGKILL)
    output, _ = process.communicate()
    if process.returncode:
        said = " ".join(output.decode(errors="replace").split("\n")[-MANY_LINES:]).strip()
        shutil.rmtree(folder, ignore_errors=True)
        raise EmbeddedPostgresError(f"PostgreSQL could not make its data folder {folder}: {said}")
