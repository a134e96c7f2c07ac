import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lms_domain.kernel import Actor, UserId, new_id
from lms_entrypoints.archives import ArchiveDesk


class SlowArchives:
    """An archive that takes as long to unpack as the test says."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.gone = threading.Event(), threading.Event(), threading.Event()

    @contextmanager
    def open(self, _: Path, *, progress: Any = None) -> Iterator[None]:
        assert progress is None
        self.begun.set()
        assert self.may_end.wait(10)
        try:
            yield
        finally:
            self.gone.set()


async def nothing(*_: Any, **__: Any) -> Any:
    return None


async def test_an_import_that_is_given_up_while_it_unpacks_leaves_nothing() -> None:
    archives: Any = SlowArchives()
    door: Any = nothing
    desk = ArchiveDesk(door, archives)
    importing = asyncio.create_task(desk.take(door, Actor(id=UserId(new_id())), Path("course.zip")))
    await asyncio.to_thread(archives.begun.wait, 10)
    importing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await importing
    assert not archives.gone.is_set()
    archives.may_end.set()
    assert await asyncio.to_thread(archives.gone.wait, 10)
