"""Who is behind what is being done. Said once, at the edge; it stays with the task, whatever is called from there."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from lms_domain.audit.model import NOWHERE, Origin, Via

_current: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def current_origin() -> Origin:
    return _current.get()


@contextmanager
def coming_from(origin: Origin) -> Iterator[None]:
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)


@contextmanager
def at_the_command_line() -> Iterator[None]:
    with coming_from(Origin(via=Via.CLI, operator=_operator())):
        yield


def _operator() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        return "unknown"
