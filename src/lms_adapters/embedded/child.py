"""Runs as a script between us and PostgreSQL: gives up root, ties its life to ours, becomes the program.

`python -I -S child.py PARENT_PID DEATH_SIGNAL UID GID FOLDER PROGRAM ARGUMENT...`; UID -1 keeps the user.
A script and not a preexec_fn, because that may deadlock in a parent that has threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def give_up_root(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, signal: int) -> None:
    """Linux sends the signal when the thread that started us ends. A change of user clears it, so this comes after."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
    if os.getppid() != parent:  # it ended before we could ask for the signal
        sys.exit(1)


def main() -> None:
    parent, signal, uid, gid = map(int, sys.argv[1:5])
    folder, program = sys.argv[5:7]
    os.umask(0o077)
    os.chdir(folder)  # while we may still enter the folders above it
    if uid >= 0:
        give_up_root(uid, gid)
    die_with(parent, signal)
    os.execv(program, sys.argv[6:])  # noqa: S606 - this is the point: no shell, no process in between


if __name__ == "__main__":
    main()
