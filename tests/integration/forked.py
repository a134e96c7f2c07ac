"""The `lms` command without the seconds that imports take: it begins as a copy of a process that has done them."""

import os
import sys
import warnings
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from lms_entrypoints.cli.__main__ import main

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "lms_adapters.postgres.migrate",
        "lms_entrypoints.cli.background",
        "lms_entrypoints.cli.courses",
        "lms_entrypoints.worker.relaying",
        "lms_entrypoints.worker.working",
    ]
)


def fork(
    words: tuple[str, ...], env: Mapping[str, str], *, out: Path, err: Path | None = None, strict: bool = False
) -> BaseProcess:
    """Started, in a session of its own. `err`: as `out`, by default. `strict`: as with `-W error`."""
    out.touch()
    process = FORKS.Process(target=_become, args=(words, dict(env), out, err or out, strict))
    process.start()
    return process


def _become(words: tuple[str, ...], env: Mapping[str, str], out: Path, err: Path, strict: bool) -> None:  # noqa: FBT001
    os.setsid()
    for stream, path in ((sys.stdout, out), (sys.stderr, err)):
        with path.open("ab", buffering=0) as file:
            os.dup2(file.fileno(), stream.fileno())
    if strict:
        warnings.simplefilter("error")
    os.environ.clear()
    os.environ.update(env)
    sys.argv[1:] = words
    main()
