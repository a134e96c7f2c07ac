"""Folders for files on their way. Each is locked while it is used, so that what a killed process left can be told.

The lock is the kernel's and ends with the process, however that ends. A process id would not do: two containers may
share a disk and count their processes from 1.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PREFIX = "lms-archive-"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder that is gone afterwards. What dead processes left goes first."""
    sweep()
    folder, lock = _locked_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def sweep() -> None:
    """Remove folders that nobody uses. Those of other users, links and plain files are left alone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):  # gone meanwhile, in use, another user's, no folder
            _remove_if_left(folder)


def _remove_if_left(folder: Path) -> None:
    lock = _open(folder)
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _locked_folder() -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        with suppress(FileNotFoundError):
            lock = _open(folder)
            with suppress(OSError):  # a file system without locks: then nobody can sweep either
                fcntl.flock(lock, fcntl.LOCK_EX)
            if folder.exists():
                return folder, lock
            os.close(lock)  # another process swept it between the two lines above


def _open(folder: Path) -> int:
    # The lock must not live on in a program that is started meanwhile: O_CLOEXEC, which Python sets by itself.
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
