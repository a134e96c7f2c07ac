"""Which PostgreSQL a command works on: the one that DATABASE_URL names, or the embedded one of this checkout."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lms_adapters.embedded import EmbeddedPostgres
from lms_entrypoints.configuration import has

DATA = Path(os.environ.get("LMS_DATA") or Path(__file__).parents[3] / ".data")
VARIABLE = "DATABASE_URL"  # settings are read from the environment, by our worker processes too


@contextmanager
def database(data: Path = DATA, *, shared: bool = True) -> Iterator[bool]:
    """DATABASE_URL is set inside. Whether it is the embedded server that it names.

    `shared`: when `make run` goes on in another terminal, its server is used; otherwise that is refused.
    """
    if has(VARIABLE):
        yield False
        return
    postgres = EmbeddedPostgres(data / "postgres")
    try:
        os.environ[VARIABLE] = postgres.join() if shared else postgres.start()
        yield True
    finally:
        os.environ.pop(VARIABLE, None)
        postgres.stop()
